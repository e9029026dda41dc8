// SPDX-License-Identifier: MIT
#include "sys/netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include "sys/errno.h"

namespace ck::sys {

Result<NetlinkSocket> NetlinkSocket::create(uint32_t groups) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd.is_open()) return last_error("netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return last_error("netlink bind");
  return NetlinkSocket(std::move(fd));
}

Result<void> NetlinkSocket::send(Bytes message) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = retry([&] {
    return ::sendto(fd_.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof(kernel));
  });
  if (sent < 0) return last_error("netlink send");
  return {};
}

Result<Bytes> NetlinkSocket::receive(MutableBytes buffer) {
  for (;;) {
    sockaddr_nl from{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof(from);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ssize_t count = retry([&] { return ::recvmsg(fd_.get(), &message, 0); });
    if (count < 0 && errno == ENOBUFS) return fail(Code::Closed, "netlink notifications lost", ENOBUFS);
    if (count < 0) return last_error("netlink receive");
    if (from.nl_pid != 0) continue;
    if ((message.msg_flags & MSG_TRUNC) != 0) return fail(Code::Closed, "netlink message cut off");
    return Bytes(buffer).first(static_cast<size_t>(count));
  }
}

}  // namespace ck::sys
