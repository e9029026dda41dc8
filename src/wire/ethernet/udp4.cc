// SPDX-License-Identifier: MIT
#include "wire/ethernet/udp4.h"

namespace ck::ethernet {

namespace {

constexpr uint8_t kProtocolUdp = 17;
constexpr uint8_t kTimeToLive = 64;
constexpr size_t kIpHeader = 20;
constexpr size_t kUdpHeader = 8;
constexpr uint16_t kDontFragment = 0x4000;
constexpr uint16_t kMoreFragments = 0x2000;
constexpr uint16_t kFragmentOffset = 0x1fff;

// RFC 768: the pseudo header counts towards the checksum.
uint32_t pseudo_header(Ipv4Address source, Ipv4Address destination, size_t udp_length) {
  return (source.value >> 16) + (source.value & 0xffff) + (destination.value >> 16) + (destination.value & 0xffff) +
         kProtocolUdp + static_cast<uint32_t>(udp_length);
}

}  // namespace

std::string_view name_of(Drop drop) {
  switch (drop) {
    case Drop::Short: return "short packet";
    case Drop::NotIpv4: return "not IPv4";
    case Drop::BadLength: return "bad length";
    case Drop::BadIpChecksum: return "bad IP checksum";
    case Drop::Fragment: return "fragment";
    case Drop::NotUdp: return "not UDP";
    case Drop::BadUdpChecksum: return "bad UDP checksum";
  }
  return "unknown";
}

uint32_t add_to_checksum(uint32_t sum, Bytes data) {
  for (size_t i = 0; i + 1 < data.size(); i += 2) sum += static_cast<uint32_t>(data[i] << 8 | data[i + 1]);
  if (data.size() % 2 != 0) sum += static_cast<uint32_t>(data.back()) << 8;
  return sum;
}

uint16_t finish_checksum(uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

std::expected<UdpDatagram, Drop> parse_udp4(Bytes packet, UdpChecksum checksum) {
  if (packet.size() < kIpHeader) return std::unexpected(Drop::Short);
  if (packet[0] >> 4 != 4) return std::unexpected(Drop::NotIpv4);
  size_t header = (packet[0] & 0xfu) * 4u;
  size_t total = static_cast<size_t>(packet[2] << 8 | packet[3]);
  if (header < kIpHeader || total > packet.size() || total < header) return std::unexpected(Drop::BadLength);
  if (finish_checksum(add_to_checksum(0, packet.first(header))) != 0) return std::unexpected(Drop::BadIpChecksum);
  auto fragment = static_cast<uint16_t>(packet[6] << 8 | packet[7]);
  if ((fragment & (kMoreFragments | kFragmentOffset)) != 0) return std::unexpected(Drop::Fragment);
  if (packet[9] != kProtocolUdp) return std::unexpected(Drop::NotUdp);

  UdpDatagram datagram;
  ByteReader ip(packet.subspan(12, 8));
  datagram.source.value = *ip.u32();
  datagram.destination.value = *ip.u32();
  Bytes udp = packet.subspan(header, total - header);
  if (udp.size() < kUdpHeader) return std::unexpected(Drop::BadLength);
  ByteReader reader(udp);
  datagram.source_port = *reader.u16();
  datagram.destination_port = *reader.u16();
  size_t length = *reader.u16();
  uint16_t sent = *reader.u16();
  if (length < kUdpHeader || length > udp.size()) return std::unexpected(Drop::BadLength);
  udp = udp.first(length);
  if (sent != 0 && checksum == UdpChecksum::Finished) {
    uint32_t sum = pseudo_header(datagram.source, datagram.destination, length);
    if (finish_checksum(add_to_checksum(sum, udp)) != 0) return std::unexpected(Drop::BadUdpChecksum);
  }
  datagram.payload = udp.subspan(kUdpHeader);
  return datagram;
}

Result<Bytes> write_udp4(const UdpDatagram& datagram, MutableBytes buffer) {
  size_t udp_length = kUdpHeader + datagram.payload.size();
  size_t total = kIpHeader + udp_length;
  if (total > 0xffff) return fail(Code::OutOfRange, "UDP datagram");
  ByteWriter out(buffer);
  out.u8(0x45).u8(0xc0);  // DSCP CS6: network control
  out.u16(static_cast<uint16_t>(total)).u16(0).u16(kDontFragment).u8(kTimeToLive).u8(kProtocolUdp).u16(0);
  out.u32(datagram.source.value).u32(datagram.destination.value);
  out.u16(datagram.source_port).u16(datagram.destination_port).u16(static_cast<uint16_t>(udp_length)).u16(0);
  out.bytes(datagram.payload);
  if (!out.ok()) return fail(Code::OutOfRange, "UDP datagram buffer");
  out.patch_u16(10, finish_checksum(add_to_checksum(0, out.written().first(kIpHeader))));
  uint32_t sum = pseudo_header(datagram.source, datagram.destination, udp_length);
  uint16_t checksum = finish_checksum(add_to_checksum(sum, out.written().subspan(kIpHeader)));
  out.patch_u16(kIpHeader + 6, checksum == 0 ? 0xffff : checksum);  // RFC 768: zero would mean "none"
  return out.written();
}

}  // namespace ck::ethernet
