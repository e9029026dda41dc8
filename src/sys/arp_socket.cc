// SPDX-License-Identifier: MIT
#include "sys/arp_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cstring>

#include "sys/errno.h"

namespace ck::sys {

namespace {

constexpr unsigned kMostWaiting = 4096;  // more than a socket's buffer holds

// Offsets in the packet (RFC 826).
constexpr uint32_t kSenderMac = 8;
constexpr uint32_t kSender = 14;
constexpr uint32_t kTarget = 24;

sockaddr_ll broadcast_on(uint32_t link) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ARP);
  address.sll_ifindex = static_cast<int>(link);
  address.sll_halen = ETH_ALEN;
  std::memset(address.sll_addr, 0xff, ETH_ALEN);
  return address;
}

Result<void> attach(int fd, sock_filter* filter, unsigned short length) {
  sock_fprog program{.len = length, .filter = filter};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0) return last_error("ARP filter");
  return {};
}

}  // namespace

Result<ArpSocket> ArpSocket::create(uint32_t link) {
  UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return last_error("ARP socket");
  sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  CK_TRY(attach(fd.get(), drop_all, std::size(drop_all)));
  sockaddr_ll address = broadcast_on(link);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return last_error("ARP bind");
  return ArpSocket(std::move(fd), link);
}

Result<void> ArpSocket::guard(Ipv4Address address, const MacAddress& own) {
  auto octet = [&](size_t index) { return static_cast<uint32_t>(own.octets[index]); };
  uint32_t high = octet(0) << 24 | octet(1) << 16 | octet(2) << 8 | octet(3);
  uint32_t low = octet(4) << 8 | octet(5);
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kSenderMac),            // 0: first half of the sender's MAC
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 2),           // 1: not ours: on to the addresses
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, kSenderMac + 4),        // 2
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 6, 0),            // 3: our own: drop
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kSender),               // 4
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, address.value, 3, 0),  // 5: somebody uses it: take
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),              // 6: no probe: drop
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kTarget),               // 7
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, address.value, 0, 1),  // 8: a probe for it: take
      BPF_STMT(BPF_RET | BPF_K, 0xffff),                         // 9
      BPF_STMT(BPF_RET | BPF_K, 0),                              // 10
  };
  CK_TRY(attach(fd_.get(), filter, std::size(filter)));
  uint8_t byte;
  for (unsigned i = 0; i < kMostWaiting && ::recv(fd_.get(), &byte, sizeof(byte), 0) >= 0; ++i) {
  }
  return {};
}

Result<void> ArpSocket::send(Bytes packet) {
  sockaddr_ll to = broadcast_on(link_);
  ssize_t sent = retry([&] {
    return ::sendto(fd_.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  });
  if (sent < 0) return last_error("ARP send");
  return {};
}

Result<Bytes> ArpSocket::receive(MutableBytes buffer) {
  ssize_t count = retry([&] { return ::recv(fd_.get(), buffer.data(), buffer.size(), 0); });
  if (count < 0) return last_error("ARP receive");
  return Bytes(buffer).first(static_cast<size_t>(count));
}

}  // namespace ck::sys
