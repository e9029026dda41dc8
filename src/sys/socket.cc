// SPDX-License-Identifier: MIT
#include "sys/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "sys/errno.h"

namespace ck::sys {

unsigned to_sockaddr(const SocketAddress& address, sockaddr_storage& storage) {
  storage = {};
  if (address.address.family == Family::V4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    in.sin_addr.s_addr = htonl(address.address.v4.value);
    std::memcpy(&storage, &in, sizeof(in));
    return sizeof(in);
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(address.port);
  std::memcpy(&in.sin6_addr, address.address.v6.octets.data(), 16);
  if (address.address.is_link_local()) in.sin6_scope_id = address.scope;
  std::memcpy(&storage, &in, sizeof(in));
  return sizeof(in);
}

SocketAddress from_sockaddr(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &storage, sizeof(in));
    return {.address = Ipv4Address{ntohl(in.sin_addr.s_addr)}, .port = ntohs(in.sin_port)};
  }
  if (storage.ss_family != AF_INET6) return {};
  sockaddr_in6 in;
  std::memcpy(&in, &storage, sizeof(in));
  Ipv6Address v6;
  std::memcpy(v6.octets.data(), &in.sin6_addr, 16);
  SocketAddress result{.address = v6, .port = ntohs(in.sin6_port), .scope = in.sin6_scope_id};
  if (auto v4 = v6.mapped_v4()) result.address = *v4;
  return result;
}

Result<SocketAddress> local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return last_error("getsockname");
  return from_sockaddr(storage);
}

Result<size_t> receive_some(int fd, MutableBytes buffer) {
  ssize_t count = retry([&] { return ::recv(fd, buffer.data(), buffer.size(), 0); });
  if (count < 0) return last_error("receive");
  return static_cast<size_t>(count);
}

Result<size_t> send_some(int fd, Bytes bytes) {
  ssize_t count = retry([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
  if (count < 0) return last_error("send");
  return static_cast<size_t>(count);
}

}  // namespace ck::sys
