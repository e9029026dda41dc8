// SPDX-License-Identifier: MIT
// The clients of the bench: one thread, one epoll, non-blocking sockets. A client connects, sends a bind, awaits the
// bind_ack, sends one request, awaits the response and closes; that is an exchange. An attempt that does not come so
// far has failed; what becomes of its client is for the mode to say:
//
//   closed   `parallel` clients at any time until `count` exchanges are done; a failed attempt is repeated at once
//   open     one new client each 1/rate s until there were `count`; time runs from the moment that was its turn
//   hold     `count` clients that bind and then wait, until standard input ends
//   storm    `count` clients at once, at most `parallel` of them with a socket; one that failed waits (250 ms at first,
//            twice as long each time, at most 4 s, and up to as much again at random), and tries until it is served
//
// Sources are consecutive IPv4 addresses that take turns. The result is one line of JSON on standard output.
#pragma once

#include "base/result.h"
#include "sys/socket.h"

namespace ck::load {

enum class Mode : uint8_t { Closed, Open, Hold, Storm };

struct Plan {
  Mode mode = Mode::Closed;
  sys::SocketAddress to;
  Ipv4Address source;  // the first; unspecified: the kernel's choice
  uint32_t sources = 1;
  uint32_t count = 1000;
  uint32_t parallel = 32;
  uint32_t rate = 500;     // a second
  uint32_t patience = 20;  // seconds for one attempt
};

// Errors: System, when this machine refuses what the bench needs; what the peer does is no error.
Result<void> run(const Plan& plan);

}  // namespace ck::load
