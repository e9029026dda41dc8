// SPDX-License-Identifier: MIT
// TCP sockets: a listener for both families, accepted and outgoing connections. All are non-blocking and close-on-exec;
// connections send without delay (TCP_NODELAY), since whole messages are written at once.
#pragma once

#include "sys/socket.h"

namespace ck::sys {

// Listens on [::]:port for IPv6 and IPv4 alike, before any address exists; on 0.0.0.0:port when the kernel has no IPv6.
// Errors: System.
Result<UniqueFd> listen_tcp(uint16_t port, int backlog);

struct AcceptedTcp {
  UniqueFd fd;
  SocketAddress peer;
};
// Errors: System (EAGAIN when nobody waits; EMFILE and the like when descriptors are out).
Result<AcceptedTcp> accept_tcp(int listener);

// Starts to connect. The socket becomes writable once connect_result() knows the outcome. Errors: System, at once.
Result<UniqueFd> connect_tcp(const SocketAddress& to);
Result<void> connect_result(int fd);

}  // namespace ck::sys
