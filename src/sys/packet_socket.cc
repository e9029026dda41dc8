// SPDX-License-Identifier: MIT
#include "sys/packet_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cstring>

#include "sys/errno.h"

namespace ck::sys {

namespace {

// Classic BPF over the IPv4 packet: UDP, not a later fragment, destination port 68.
constexpr sock_filter kDhcpFilter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),               // protocol
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 6),       // UDP, or drop
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),               // fragment offset
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),  // not the first: drop
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),              // header length
    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),               // destination port
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 1),       // bootpc, or drop
    BPF_STMT(BPF_RET | BPF_K, 0xffff),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

sockaddr_ll address_of(uint32_t link) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = static_cast<int>(link);
  address.sll_halen = ETH_ALEN;
  std::memset(address.sll_addr, 0xff, ETH_ALEN);
  return address;
}

}  // namespace

Result<PacketSocket> PacketSocket::create_for_dhcp(uint32_t link) {
  // Protocol 0: hears nothing until it is bound.
  UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return last_error("packet socket");
  sock_filter filter[std::size(kDhcpFilter)];
  std::memcpy(filter, kDhcpFilter, sizeof(filter));
  sock_fprog program{.len = std::size(kDhcpFilter), .filter = filter};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
    return last_error("packet filter");
  int on = 1;
  if (::setsockopt(fd.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) != 0) return last_error("packet auxdata");
  sockaddr_ll address = address_of(link);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return last_error("packet bind");
  return PacketSocket(std::move(fd), link);
}

Result<void> PacketSocket::broadcast(Bytes packet) {
  sockaddr_ll to = address_of(link_);
  ssize_t sent = retry([&] {
    return ::sendto(fd_.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  });
  if (sent < 0) return last_error("packet send");
  return {};
}

Result<Packet> PacketSocket::receive(MutableBytes buffer) {
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t count = retry([&] { return ::recvmsg(fd_.get(), &message, 0); });
  if (count < 0) return last_error("packet receive");
  if ((message.msg_flags & MSG_TRUNC) != 0) return fail(Code::OutOfRange, "packet larger than its buffer");
  Packet packet{.bytes = Bytes(buffer).first(static_cast<size_t>(count))};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_PACKET || header->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data;
    std::memcpy(&data, CMSG_DATA(header), sizeof(data));
    packet.checksum_unfinished = (data.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
  }
  return packet;
}

Result<void> send_to_routers(UniqueFd& socket, uint32_t link, Bytes packet) {
  if (!socket.is_open()) {
    socket = UniqueFd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));  // protocol 0: hears nothing
    if (!socket.is_open()) return last_error("packet socket");
  }
  constexpr uint8_t kAllRouters[ETH_ALEN] = {0x33, 0x33, 0, 0, 0, 2};  // RFC 2464 7
  sockaddr_ll to = address_of(link);
  to.sll_protocol = htons(ETH_P_IPV6);
  std::memcpy(to.sll_addr, kAllRouters, sizeof(kAllRouters));
  ssize_t sent = retry([&] {
    return ::sendto(socket.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  });
  if (sent < 0) return last_error("packet send");
  return {};
}

}  // namespace ck::sys
