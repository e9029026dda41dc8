// SPDX-License-Identifier: MIT
// The conversation on one connection: requests one after the other, each answered before the next is read, and when it
// is over. It owns the request that is being read; the socket and the answer are its owner's. A client has kRequest for
// all its requests together to come and kWhole for everything, however fast or slowly it reads: so nobody keeps a
// place. After the last answer what still comes is read and thrown away for a moment, as closing at once could destroy
// the answer on its way (RFC 9112 section 9.6).
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "wire/http/request.h"

namespace ck::web {

class Exchange {
 public:
  static constexpr Duration kRequest = 4s;
  static constexpr Duration kWhole = 5s;
  static constexpr Duration kLinger = 1s;
  static constexpr Duration kKeep = 3s;  // after this long no further request is invited
  static constexpr unsigned kMaxRequests = 100;
  static constexpr size_t kMaxDiscarded = 64 * 1024;  // bytes after the last answer

  enum class State : uint8_t { Reading, Answering, Lingering, Closed };

  explicit Exchange(TimePoint now) : began_(now) {}

  // Bytes have come; returns how many were taken. Answering afterwards: respond, and keep the rest until that is sent.
  size_t on_bytes(Bytes bytes);
  // The client will send no more.
  void on_end();
  // The answer is sent whole.
  void on_sent(TimePoint now);
  void on_time(TimePoint now);

  State state() const { return state_; }
  TimePoint deadline() const;
  // While Answering: with what; Ok for a request that is to be looked at.
  http::Status verdict() const { return verdict_; }
  const http::Request& request() const { return reader_.request(); }
  // Decides whether the connection stays after this answer, whose head has to say so.
  bool decide_to_keep(TimePoint now);

 private:
  http::RequestReader reader_;
  State state_ = State::Reading;
  http::Status verdict_ = http::Status::Ok;
  bool ended_ = false;
  bool keep_ = false;  // what the answer being sent said of the connection
  unsigned requests_ = 0;
  size_t discarded_ = 0;
  TimePoint began_;
  TimePoint linger_until_ = kNever;
};

}  // namespace ck::web
