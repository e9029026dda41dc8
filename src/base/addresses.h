// SPDX-License-Identifier: MIT
// Link and network addresses as values: MacAddress, Ipv4Address, Ipv6Address, IpAddress (either) and IpPrefix.
// Text forms: RFC 4291 section 2.2 in, RFC 5952 out for IPv6; dotted quads without leading zeros for IPv4. An IPv6
// address may carry a scope (interface index) where it is link-local; "%zone" itself is left to the caller.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed.h"

namespace ck {

struct MacAddress {
  std::array<uint8_t, 6> octets{};
  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

struct Ipv4Address {
  uint32_t value = 0;  // host order: 192.0.2.1 is 0xc0000201
  bool is_unspecified() const { return value == 0; }
  bool is_loopback() const { return value >> 24 == 127; }
  bool is_link_local() const { return value >> 16 == 0xa9fe; }
  bool is_multicast() const { return value >> 28 == 0xe; }
  bool is_broadcast() const { return value == 0xffffffff; }
  friend auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;
};

struct Ipv6Address {
  std::array<uint8_t, 16> octets{};
  bool is_unspecified() const { return octets == std::array<uint8_t, 16>{}; }
  bool is_loopback() const;
  bool is_link_local() const { return octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80; }
  bool is_unique_local() const { return (octets[0] & 0xfe) == 0xfc; }
  bool is_multicast() const { return octets[0] == 0xff; }
  // ::ffff:a.b.c.d
  std::optional<Ipv4Address> mapped_v4() const;
  friend auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
};

enum class Family : uint8_t { V4, V6 };

struct IpAddress {
  Family family = Family::V4;
  Ipv4Address v4;
  Ipv6Address v6;

  IpAddress() = default;
  IpAddress(Ipv4Address address) : family(Family::V4), v4(address) {}  // NOLINT: an IPv4 address is an address
  IpAddress(Ipv6Address address) : family(Family::V6), v6(address) {}  // NOLINT: an IPv6 address is an address
  bool is_loopback() const { return family == Family::V4 ? v4.is_loopback() : v6.is_loopback(); }
  bool is_link_local() const { return family == Family::V4 ? v4.is_link_local() : v6.is_link_local(); }
  bool is_unspecified() const { return family == Family::V4 ? v4.is_unspecified() : v6.is_unspecified(); }
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// The IPv4 address in an IPv6 one that is ::ffff:a.b.c.d; any other as it is.
IpAddress without_mapping(const IpAddress& address);

// Whether two places to listen at, of one port, exclude each other. Nothing, and `::`, is all of both families.
bool overlap(const std::optional<IpAddress>& one, const std::optional<IpAddress>& other);

struct IpPrefix {
  IpAddress address;
  uint8_t length = 0;  // bits
  bool contains(const IpAddress& other) const;
  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

using AddressText = FixedString<64>;

std::optional<MacAddress> parse_mac(std::string_view text);  // aa:bb:cc:dd:ee:ff
std::optional<Ipv4Address> parse_ipv4(std::string_view text);
std::optional<Ipv6Address> parse_ipv6(std::string_view text);
std::optional<IpAddress> parse_ip(std::string_view text);
std::optional<IpPrefix> parse_prefix(std::string_view text);  // ADDRESS/LENGTH

AddressText to_text(const MacAddress& mac);
AddressText to_text(Ipv4Address address);
AddressText to_text(const Ipv6Address& address);
AddressText to_text(const IpAddress& address);
AddressText to_text(const IpPrefix& prefix);
AddressText to_text(const IpAddress& address, uint16_t port);  // "192.0.2.1:1688", "[2001:db8::1]:1688" (RFC 3986)

// Prefix length of a netmask; nothing when its ones are not contiguous from the left.
std::optional<uint8_t> prefix_length(Ipv4Address netmask);
Ipv4Address netmask_of(uint8_t length);

}  // namespace ck
