// SPDX-License-Identifier: MIT
#include "wire/arp/packet.h"

namespace ck::arp {

namespace {

constexpr uint16_t kHardwareEthernet = 1;
constexpr uint16_t kProtocolIpv4 = 0x0800;
constexpr uint8_t kMacSize = 6;
constexpr uint8_t kIpv4Size = 4;

}  // namespace

std::string_view name_of(Drop drop) {
  switch (drop) {
    case Drop::Short: return "short packet";
    case Drop::NotForUs: return "not IPv4 over Ethernet";
    case Drop::Operation: return "neither request nor reply";
  }
  return "unknown";
}

std::expected<Packet, Drop> parse_packet(Bytes bytes) {
  ByteReader reader(bytes);
  auto hardware = reader.u16();
  auto protocol = reader.u16();
  auto hardware_size = reader.u8();
  auto protocol_size = reader.u8();
  auto operation = reader.u16();
  auto sender_mac = reader.array<6>();
  auto sender = reader.u32();
  auto target_mac = reader.array<6>();
  auto target = reader.u32();
  if (!hardware || !protocol || !hardware_size || !protocol_size || !operation || !sender_mac || !sender ||
      !target_mac || !target)
    return std::unexpected(Drop::Short);
  if (*hardware != kHardwareEthernet || *protocol != kProtocolIpv4 || *hardware_size != kMacSize ||
      *protocol_size != kIpv4Size)
    return std::unexpected(Drop::NotForUs);
  if (*operation != static_cast<uint16_t>(Operation::Request) && *operation != static_cast<uint16_t>(Operation::Reply))
    return std::unexpected(Drop::Operation);
  return Packet{.operation = static_cast<Operation>(*operation),
                .sender_mac = {*sender_mac},
                .sender = {*sender},
                .target_mac = {*target_mac},
                .target = {*target}};
}

Result<Bytes> write_packet(const Packet& packet, MutableBytes buffer) {
  ByteWriter out(buffer);
  out.u16(kHardwareEthernet).u16(kProtocolIpv4).u8(kMacSize).u8(kIpv4Size);
  out.u16(static_cast<uint16_t>(packet.operation)).bytes(packet.sender_mac.octets).u32(packet.sender.value);
  out.bytes(packet.target_mac.octets).u32(packet.target.value);
  if (!out.ok()) return fail(Code::OutOfRange, "ARP packet buffer");
  return out.written();
}

Packet probe(const MacAddress& own, Ipv4Address address) { return {.sender_mac = own, .target = address}; }

Packet announcement(const MacAddress& own, Ipv4Address address) {
  return {.sender_mac = own, .sender = address, .target = address};
}

}  // namespace ck::arp
