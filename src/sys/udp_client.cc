// SPDX-License-Identifier: MIT
#include "sys/udp_client.h"

#include <sys/socket.h>

#include "sys/errno.h"

namespace ck::sys {

Result<UniqueFd> connect_udp(const SocketAddress& server) {
  int family = server.address.family == Family::V4 ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return last_error("socket");
  sockaddr_storage storage;
  unsigned length = to_sockaddr(server, storage);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return last_error("connect");
  return fd;
}

}  // namespace ck::sys
