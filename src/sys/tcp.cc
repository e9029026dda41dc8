// SPDX-License-Identifier: MIT
#include "sys/tcp.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "sys/errno.h"

namespace ck::sys {

namespace {

Result<void> set_option(int fd, int level, int name, int value, const char* what) {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) != 0) return last_error(what);
  return {};
}

// What is received is acknowledged by what is sent in answer, or after the kernel's delay (at least 40 ms), from the
// first segment on: Linux would acknowledge the first ones at once, by packets of their own. Three of the twenty
// packets of a relayed exchange are saved.
Result<void> ride_acknowledgements(int fd) { return set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 0, "TCP_QUICKACK"); }

}  // namespace

Result<UniqueFd> listen_tcp(const SocketAddress& at, int backlog) {
  SocketAddress local = at;
  bool any = at.address.family == Family::V6 && at.address.v6.is_unspecified();
  int family = at.address.family == Family::V6 ? AF_INET6 : AF_INET;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open() && any && errno == EAFNOSUPPORT) {
    local.address = Ipv4Address{};
    family = AF_INET;
    fd = UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  }
  if (!fd.is_open()) return last_error("socket");
  if (family == AF_INET6) CK_TRY(set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, any ? 0 : 1, "IPV6_V6ONLY"));
  if (!any) {
    int level = family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    CK_TRY(set_option(fd.get(), level, family == AF_INET6 ? IPV6_FREEBIND : IP_FREEBIND, 1, "FREEBIND"));
  }
  CK_TRY(set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
  CK_TRY(set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"));
  sockaddr_storage storage;
  unsigned length = to_sockaddr(local, storage);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return last_error("bind");
  if (::listen(fd.get(), backlog) != 0) return last_error("listen");
  CK_TRY(ride_acknowledgements(fd.get()));  // listen() would have undone it
  return fd;
}

Result<AcceptedTcp> accept_tcp(int listener) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  int fd = retry([&] {
    return ::accept4(listener, reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  });
  if (fd < 0) return last_error("accept");
  return AcceptedTcp{.fd = UniqueFd(fd), .peer = from_sockaddr(storage)};
}

Result<UniqueFd> connect_tcp(const SocketAddress& to, const ConnectOptions& options) {
  int family = to.address.family == Family::V4 ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return last_error("socket");
  auto timeout = static_cast<int>(options.user_timeout.count());
  CK_TRY(set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"));
  CK_TRY(set_option(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, timeout, "TCP_USER_TIMEOUT"));
  CK_TRY(set_option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE, std::max(1, timeout / 2000), "TCP_KEEPIDLE"));
  CK_TRY(set_option(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"));
  CK_TRY(ride_acknowledgements(fd.get()));
  if (options.send_buffer > 0) CK_TRY(set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, options.send_buffer, "SO_SNDBUF"));
  sockaddr_storage storage;
  if (!options.interface.empty()) {
    auto length = static_cast<socklen_t>(options.interface.size());
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, options.interface.data(), length) != 0)
      return last_error("SO_BINDTODEVICE");
  }
  if (options.source) {
    // The port is chosen at connect(), so that it only has to differ for each host.
    CK_TRY(set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, "IP_BIND_ADDRESS_NO_PORT"));
    unsigned length = to_sockaddr({.address = *options.source}, storage);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return last_error("bind");
  }
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

size_t unacknowledged(int fd) {
  int count = 0;
  return ::ioctl(fd, SIOCOUTQ, &count) == 0 && count > 0 ? static_cast<size_t>(count) : 0;
}

void end_sending(int fd) { (void)::shutdown(fd, SHUT_WR); }

}  // namespace ck::sys
