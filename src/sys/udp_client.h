// SPDX-License-Identifier: MIT
// A UDP socket for one question to one server: connected, so that only this server's datagrams come in, and with a
// source port that the kernel draws at random. Non-blocking; use send_some() and receive_some().
#pragma once

#include "sys/socket.h"

namespace ck::sys {

// Errors: System (ENETUNREACH while there is no route to it).
Result<UniqueFd> connect_udp(const SocketAddress& server);

}  // namespace ck::sys
