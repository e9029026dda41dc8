// SPDX-License-Identifier: MIT
// One direction of a relayed connection. Bytes are read into room(); once a whole PDU has come, and its header is valid
// for this direction, the pipe is complete(): unsent() is then to be written to the other side, and room() is empty, so
// that a slow receiver holds back the sender. pop() lets go of the PDU and moves on to what was read beyond it.
// The buffer is the caller's, kMaxFragment bytes; nothing is allocated and no length that a peer claims is trusted
// before it was checked. After a Drop the pipe is of no further use.
#pragma once

#include <optional>

#include "wire/dcerpc/pdu.h"

namespace ck::gateway {

class PduPipe {
 public:
  // `buffer` must hold kMaxFragment bytes and outlive the pipe.
  PduPipe(MutableBytes buffer, dcerpc::Direction direction) : buffer_(buffer), direction_(direction) {}

  // Where to read to; empty while a PDU waits to be sent.
  MutableBytes room() const { return complete_ ? MutableBytes() : buffer_.subspan(filled_); }
  // `count` bytes have been read into room().
  [[nodiscard]] std::optional<dcerpc::Drop> received(size_t count);

  bool complete() const { return complete_; }
  bool empty() const { return filled_ == 0; }
  // Of the PDU in the pipe; only while complete().
  const dcerpc::Header& header() const { return header_; }

  Bytes unsent() const;
  void sent(size_t count);
  bool all_sent() const { return complete_ && sent_ == header_.fragment_length; }
  // The same PDU is to be sent once more, from its first byte (to another upstream).
  void rewind() { sent_ = 0; }
  // Forgets the PDU. What was read beyond it is looked at next, so the pipe may be complete() again at once.
  [[nodiscard]] std::optional<dcerpc::Drop> pop();
  // Forgets everything.
  void clear();

 private:
  std::optional<dcerpc::Drop> look();

  MutableBytes buffer_;
  dcerpc::Direction direction_;
  dcerpc::Header header_;
  bool has_header_ = false;
  bool complete_ = false;
  uint16_t filled_ = 0;
  uint16_t sent_ = 0;
};

}  // namespace ck::gateway
