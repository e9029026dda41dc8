// SPDX-License-Identifier: MIT
// The sockets of questions by UDP, one for each that is under way: connected to the server that is asked, so that no
// other is heard, and closed once there is an answer. None is bound, so the kernel draws each a port of its own at
// random (RFC 9109 for SNTP, RFC 5452 9.2 for DNS).
#pragma once

#include <array>
#include <functional>

#include "sys/event_loop.h"
#include "sys/socket.h"

namespace ck::sys {

class UdpQuestions {
 public:
  static constexpr size_t kMost = 6;              // slots
  static constexpr size_t kLongestAnswer = 4096;  // bytes
  struct Calls {
    std::function<void(size_t slot, Bytes message)> answered;
    std::function<void(size_t slot, std::string_view why)> failed;  // ICMP says that nobody listens there
  };
  // `loop` outlives this.
  UdpQuestions(EventLoop& loop, Calls calls) : loop_(loop), calls_(std::move(calls)) {}

  // What that slot waited for before is not heard any more. Errors: System (ENETUNREACH: no route).
  Result<void> send(size_t slot, const SocketAddress& to, Bytes message);
  void close(size_t slot);

 private:
  struct Socket {
    UniqueFd fd;
    Watch watch;
  };
  void receive(size_t slot);

  EventLoop& loop_;
  Calls calls_;
  std::array<Socket, kMost> sockets_;
};

}  // namespace ck::sys
