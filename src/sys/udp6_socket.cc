// SPDX-License-Identifier: MIT
#include "sys/udp6_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "sys/errno.h"
#include "sys/socket.h"

namespace ck::sys {

namespace {

constexpr uint16_t kClientPort = 546;
constexpr uint16_t kServerPort = 547;
constexpr Ipv6Address kServers{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2}};  // RFC 9915 7.1
constexpr int kMulticastAll = 29;  // IPV6_MULTICAST_ALL of <linux/in6.h>, which cannot stand beside <netinet/in.h>

Result<void> set_option(int fd, int level, int option, int value, const char* what) {
  if (::setsockopt(fd, level, option, &value, sizeof(value)) != 0) return last_error(what);
  return {};
}

}  // namespace

Result<Udp6Socket> Udp6Socket::create_for_dhcp(uint32_t link, std::string_view link_name) {
  UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return last_error("UDP socket");
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, link_name.data(), static_cast<socklen_t>(link_name.size())) !=
      0)
    return last_error("UDP bind to link");
  CK_TRY(set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "UDP IPv6 only"));
  CK_TRY(set_option(fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, "UDP multicast loop"));
  CK_TRY(set_option(fd.get(), IPPROTO_IPV6, kMulticastAll, 0, "UDP multicast"));
  CK_TRY(set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "UDP reuse"));
  sockaddr_storage address;
  unsigned length = to_sockaddr({.address = Ipv6Address{}, .port = kClientPort}, address);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) return last_error("UDP bind");
  return Udp6Socket(std::move(fd), link);
}

Result<void> Udp6Socket::send_to_servers(Bytes message) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(kServerPort);
  for (size_t i = 0; i < kServers.octets.size(); ++i) to.sin6_addr.s6_addr[i] = kServers.octets[i];
  to.sin6_scope_id = link_;
  ssize_t sent = retry([&] {
    return ::sendto(fd_.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  });
  if (sent < 0) return last_error("UDP send");
  return {};
}

Result<Datagram6> Udp6Socket::receive(MutableBytes buffer) {
  sockaddr_storage from{};
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof(from);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t count = retry([&] { return ::recvmsg(fd_.get(), &message, 0); });
  if (count < 0) return last_error("UDP receive");
  if ((message.msg_flags & MSG_TRUNC) != 0) return fail(Code::OutOfRange, "datagram larger than its buffer");
  return Datagram6{.bytes = Bytes(buffer).first(static_cast<size_t>(count)), .from = from_sockaddr(from).address.v6};
}

}  // namespace ck::sys
