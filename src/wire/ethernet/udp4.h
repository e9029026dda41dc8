// SPDX-License-Identifier: MIT
// UDP over IPv4 as bytes, for a client that has no address yet and so cannot use a UDP socket (RFC 791, 768).
// Fragments are dropped, not reassembled; IPv4 options are skipped. A UDP checksum of zero means "none" and is allowed.
// Between virtual machines and their host a packet may arrive whose checksum nobody has finished yet; the kernel says
// so beside the packet, and the caller passes that on as UdpChecksum::Unfinished.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/result.h"

namespace ck::ethernet {

struct UdpDatagram {
  Ipv4Address source;
  Ipv4Address destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  Bytes payload;  // a view into the caller's buffer
};

enum class Drop : uint8_t { Short, NotIpv4, BadLength, BadIpChecksum, Fragment, NotUdp, BadUdpChecksum };
std::string_view name_of(Drop drop);

enum class UdpChecksum : bool { Finished, Unfinished };

// `packet` starts with the IPv4 header; bytes after the IPv4 total length (Ethernet padding) are ignored.
std::expected<UdpDatagram, Drop> parse_udp4(Bytes packet, UdpChecksum checksum);

inline constexpr size_t kUdp4Headers = 28;

// The whole packet inside `buffer`. Errors: OutOfRange when it does not fit.
Result<Bytes> write_udp4(const UdpDatagram& datagram, MutableBytes buffer);

// The ones' complement sum of RFC 1071 over `data`, added to `sum`; not yet folded or inverted.
uint32_t add_to_checksum(uint32_t sum, Bytes data);
uint16_t finish_checksum(uint32_t sum);

}  // namespace ck::ethernet
