// SPDX-License-Identifier: MIT
// One DNS exchange over TCP as bytes (RFC 1035 4.2.2, RFC 7766 8): a query goes out with its length before it, one
// answer comes in the same way, both in pieces of any size. It owns both buffers, and nothing else: the connection and
// the deadline are the caller's. Nothing is read beyond the one answer. An answer longer than kMaxTcpMessage is not
// read; its length says so beforehand.
#pragma once

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "wire/dns/message.h"

namespace ck::resolver {

inline constexpr size_t kMaxTcpMessage = 4096;  // some eighty SRV records

class TcpExchange {
 public:
  enum class State : uint8_t {
    Open,     // bytes are missing, of the query or of the answer
    Whole,    // answer() holds it
    TooLong,  // the answer's length is more than is read
  };

  // A query of at most dns::kMaxQuery bytes; a longer one is a mistake of ours and traps.
  explicit TcpExchange(Bytes query);

  State state() const;
  // What is still to be written; sent() says how much of it was.
  Bytes unsent() const { return Bytes(query_).first(query_size_).subspan(sent_); }
  void sent(size_t count) { sent_ += std::min(count, unsent().size()); }
  // Where the next bytes read go, at most so many; received() says how many came. Empty unless Open.
  MutableBytes room();
  void received(size_t count) { received_ += std::min(count, room().size()); }
  // Without its length. Empty unless Whole.
  Bytes answer() const;

 private:
  static constexpr size_t kPrefix = 2;
  size_t announced() const { return static_cast<size_t>(answer_[0]) << 8 | answer_[1]; }

  std::array<uint8_t, kPrefix + dns::kMaxQuery> query_;
  std::array<uint8_t, kPrefix + kMaxTcpMessage> answer_;
  size_t query_size_ = 0;
  size_t sent_ = 0;
  size_t received_ = 0;
};

}  // namespace ck::resolver
