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
  uint32_t parent = 0;   // the link that it is a VLAN of
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
  uint16_t mtu = 0;                      // 0: the link's
  uint32_t lifetime_seconds = kNoLimit;  // what a router's route has left, as told; kNoLimit: for ever
  static constexpr uint32_t kNoLimit = 0xffffffff;
  friend bool operator==(const Route&, const Route&) = default;
};

// A rule of policy routing: what leaves with this source address looks in that table first.
struct Rule {
  IpAddress source;
  uint32_t table = 0;
  uint32_t priority = 0;
  uint8_t protocol = 0;  // who set it
  friend bool operator==(const Rule&, const Rule&) = default;
};

// What the routers of a link last said about DHCPv6 (RFC 4861 4.2): the kernel keeps it by link.
struct RouterFlags {
  uint32_t link = 0;
  bool managed = false;
  bool other = false;
};

// RFC 8106 and 8781: the DNS servers, the search domains or the NAT64 prefix of one router advertisement option.
struct RouterDns {
  uint32_t link = 0;
  uint32_t lifetime_seconds = 0;  // 0: withdrawn; kForever
  FixedVector<Ipv6Address, 4> servers;
  dhcp4::SearchList domains;
  std::optional<IpPrefix> nat64;
  std::optional<Ipv6Address> router;  // who said it
};

std::optional<Link> parse_link(Bytes body);
std::optional<Address> parse_address(Bytes body);
std::optional<Route> parse_route(Bytes body);
// Rules that are not plain "from ADDRESS lookup TABLE" give nothing.
std::optional<Rule> parse_rule(Bytes body);
// From a link message of the IPv6 family.
std::optional<RouterFlags> parse_router_flags(Bytes body);
std::optional<RouterDns> parse_nd_user_option(Bytes body);

}  // namespace ck::netlink
