// SPDX-License-Identifier: MIT
// The sockets of questions by UDP, one for each that is under way: connected to the server that is asked, so that no
// other is heard, and closed once there is an answer. None is bound, so the kernel draws each a port of its own at
// random (RFC 9109 for SNTP, RFC 5452 9.2 for DNS).
#pragma once

#include <array>
#include <functional>

#include "engine/time/server.h"
#include "sys/event_loop.h"
#include "sys/socket.h"

namespace ck::timed {

class Questions {
 public:
  struct Calls {
    std::function<void(size_t slot, Bytes message)> answered;
    std::function<void(size_t slot, std::string_view why)> failed;  // ICMP says that nobody listens there
  };
  // `loop` outlives this.
  Questions(sys::EventLoop& loop, Calls calls) : loop_(loop), calls_(std::move(calls)) {}

  // What that slot waited for before is not heard any more. Errors: System (ENETUNREACH: no route).
  Result<void> send(size_t slot, const sys::SocketAddress& to, Bytes message);
  void close(size_t slot);

 private:
  struct Socket {
    sys::UniqueFd fd;
    sys::Watch watch;
  };
  void receive(size_t slot);

  sys::EventLoop& loop_;
  Calls calls_;
  std::array<Socket, timekeeping::kMaxServers> sockets_;
};

}  // namespace ck::timed
