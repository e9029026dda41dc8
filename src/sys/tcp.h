// SPDX-License-Identifier: MIT
// TCP sockets: a listener for both families, accepted and outgoing connections. All are non-blocking and close-on-exec;
// connections send without delay (TCP_NODELAY), since whole messages are written at once.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "sys/socket.h"

namespace ck::sys {

// Listens. [::] means IPv6 and IPv4 alike, before any address exists, and 0.0.0.0 when the kernel has no IPv6; an
// address may be one that the machine has yet to get. Accepted connections inherit TCP_NODELAY. Errors: System.
Result<UniqueFd> listen_tcp(const SocketAddress& at, int backlog);

struct AcceptedTcp {
  UniqueFd fd;
  SocketAddress peer;
};
// Errors: System (EAGAIN when nobody waits; EMFILE and the like when descriptors are out).
Result<AcceptedTcp> accept_tcp(int listener);

// How to reach out. A peer that acknowledges nothing for `user_timeout` is given up (TCP_USER_TIMEOUT, RFC 5482); one
// that is silent is asked after half of it whether it is still there (keep-alive).
struct ConnectOptions {
  std::optional<IpAddress> source;
  std::string_view interface;  // empty: as the routes say
  Duration user_timeout = 20s;
  int send_buffer = 0;  // bytes that the kernel keeps of what is not acknowledged (it doubles them); 0: as it likes
};

// Starts to connect. The socket becomes writable once connect_result() knows the outcome. Errors: System, at once.
Result<UniqueFd> connect_tcp(const SocketAddress& to, const ConnectOptions& options);
Result<void> connect_result(int fd);
// Bytes that the connection has taken and the peer has not acknowledged; still known when it is broken.
size_t unacknowledged(int fd);
// Ends our sending half; the peer may go on.
void end_sending(int fd);

}  // namespace ck::sys
