// SPDX-License-Identifier: MIT
#include "sys/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sys/errno.h"

namespace ck::sys {

namespace {

Result<void> set_option(int fd, int level, int name, int value, const char* what) {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) != 0) return last_error(what);
  return {};
}

}  // namespace

Result<UniqueFd> listen_tcp(uint16_t port, int backlog) {
  SocketAddress any{.address = Ipv6Address{}, .port = port};
  UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.is_open()) {
    CK_TRY(set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0, "IPV6_V6ONLY"));
  } else {
    if (errno != EAFNOSUPPORT) return last_error("socket");
    any.address = Ipv4Address{};
    fd = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) return last_error("socket");
  }
  CK_TRY(set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
  sockaddr_storage storage;
  unsigned length = to_sockaddr(any, storage);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return last_error("bind");
  if (::listen(fd.get(), backlog) != 0) return last_error("listen");
  return fd;
}

Result<AcceptedTcp> accept_tcp(int listener) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  int fd = retry([&] {
    return ::accept4(listener, reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  });
  if (fd < 0) return last_error("accept");
  AcceptedTcp accepted{.fd = UniqueFd(fd), .peer = from_sockaddr(storage)};
  // A peer that is gone already fails here; the first read will say so.
  (void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  return accepted;
}

Result<UniqueFd> connect_tcp(const SocketAddress& to) {
  int family = to.address.family == Family::V4 ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return last_error("socket");
  CK_TRY(set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"));
  sockaddr_storage storage;
  unsigned length = to_sockaddr(to, storage);
  int result = retry([&] { return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), length); });
  if (result != 0 && errno != EINPROGRESS) return last_error("connect");
  return fd;
}

Result<void> connect_result(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return last_error("SO_ERROR");
  if (error != 0) return fail(Code::System, "connect", error);
  return {};
}

}  // namespace ck::sys
