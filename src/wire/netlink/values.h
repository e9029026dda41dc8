// SPDX-License-Identifier: MIT
// Links, addresses, routes and router-advertised DNS as plain values, and their parsers from rtnetlink message bodies.
// A parser returns nothing when the fixed part is short or a part that matters is malformed; attributes that are not
// known are passed over.
#pragma once

#include <cstdint>
#include <optional>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/fixed.h"
#include "wire/dhcp4/options.h"

namespace ck::netlink {

using LinkName = FixedString<15>;  // IFNAMSIZ - 1

struct Link {
  uint32_t index = 0;
  LinkName name;
  MacAddress mac;
  uint16_t hardware = 0;  // ARPHRD_*
  uint32_t flags = 0;     // IFF_*
  uint32_t mtu = 0;
  uint32_t master = 0;   // the bridge or bond that it is a port of
  bool has_mac = false;  // six bytes of it
  FixedString<15> kind;  // "veth", "bridge"...; empty for hardware
  friend bool operator==(const Link&, const Link&) = default;
};

// Seconds as the kernel counts them, kForever for ever.
struct Lifetimes {
  uint32_t preferred = 0xffffffff;
  uint32_t valid = 0xffffffff;
  friend bool operator==(const Lifetimes&, const Lifetimes&) = default;
};

struct Address {
  uint32_t link = 0;
  IpPrefix prefix;
  uint32_t flags = 0;  // IFA_F_*
  uint8_t scope = 0;
  uint8_t protocol = 0;  // IFAPROT_*; ours is kProtocolDhcp
  uint32_t metric = 0;   // of the prefix's route; 0: the kernel's default
  Lifetimes lifetimes;
  friend bool operator==(const Address&, const Address&) = default;
};

struct Route {
  uint32_t link = 0;
  IpPrefix destination;              // 0.0.0.0/0 or ::/0: default
  std::optional<IpAddress> gateway;  // none: on the link
  std::optional<IpAddress> source;   // preferred source
  uint32_t metric = 0;
  uint32_t flags = 0;  // kRouteOnLink
  uint32_t table = 254;
  uint8_t protocol = 0;
  uint8_t type = 1;
  friend bool operator==(const Route&, const Route&) = default;
};

// RFC 8106: the DNS servers or search domains of one router advertisement option.
struct RouterDns {
  uint32_t link = 0;
  uint32_t lifetime_seconds = 0;  // 0: withdrawn; kForever
  FixedVector<Ipv6Address, 4> servers;
  dhcp4::SearchList domains;
};

std::optional<Link> parse_link(Bytes body);
std::optional<Address> parse_address(Bytes body);
std::optional<Route> parse_route(Bytes body);
std::optional<RouterDns> parse_nd_user_option(Bytes body);

}  // namespace ck::netlink
