// SPDX-License-Identifier: MIT
// An ARP packet for IPv4 over Ethernet (RFC 826), without its Ethernet header. Others are dropped with the reason; what
// follows the packet is the padding of a short Ethernet frame.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/result.h"

namespace ck::arp {

enum class Operation : uint16_t { Request = 1, Reply = 2 };

struct Packet {
  Operation operation = Operation::Request;
  MacAddress sender_mac;
  Ipv4Address sender;
  MacAddress target_mac;
  Ipv4Address target;
  friend bool operator==(const Packet&, const Packet&) = default;
};

enum class Drop : uint8_t {
  Short,      // shorter than a packet
  NotForUs,   // not IPv4 over Ethernet
  Operation,  // neither a request nor a reply
};
std::string_view name_of(Drop drop);

inline constexpr size_t kPacketSize = 28;

std::expected<Packet, Drop> parse_packet(Bytes bytes);
// Errors: OutOfRange when the buffer is too small.
Result<Bytes> write_packet(const Packet& packet, MutableBytes buffer);

// RFC 5227 1.1: asks whether somebody has the address, without saying that we do.
Packet probe(const MacAddress& own, Ipv4Address address);
// RFC 5227 1.1: says that we have it.
Packet announcement(const MacAddress& own, Ipv4Address address);

}  // namespace ck::arp
