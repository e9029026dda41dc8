// SPDX-License-Identifier: MIT
// What an administrator wants of the network, as plain values: one LinkSpec for each link that differs from the
// defaults, and nothing at all in the common case. It says what is to be, never what is: where it comes from (a
// configuration document, a test) is somebody else's business; spec_text.h reads it from records.
// A link is matched by name or hardware address, or is the VLAN child that the specification itself asks for.
#pragma once

#include <cstdint>
#include <optional>

#include "base/addresses.h"
#include "base/fixed.h"
#include "wire/netlink/values.h"

namespace ck::netconf {

inline constexpr size_t kMaxSpecLinks = 16;
inline constexpr size_t kMaxSpecAddresses = 8;
inline constexpr size_t kMaxSpecRoutes = 16;
inline constexpr size_t kMaxSpecDns = 4;
inline constexpr size_t kMaxSpecDomains = 3;

enum class Switch : uint8_t { On, Off };
enum class StaticUse : uint8_t { Always, Fallback };  // Fallback: while no DHCPv4 lease is there; DHCP asks on
enum class ClientIdKind : uint8_t { Mac, Duid };

struct RouteSpec {
  IpPrefix destination;
  std::optional<IpAddress> gateway;  // none: on the link
  friend bool operator==(const RouteSpec&, const RouteSpec&) = default;
};

struct LinkSpec {
  netlink::LinkName name;         // empty: matched by its hardware address
  std::optional<MacAddress> mac;  // matched when there is one
  netlink::LinkName parent;       // not empty: the VLAN child `name` with number `vlan` of that link
  uint16_t vlan = 0;              // 1 to 4094

  Switch dhcp4 = Switch::On;
  Switch dhcp6 = Switch::On;  // as the routers' flags say
  Switch router_advertisements = Switch::On;
  Switch link_local4 = Switch::On;  // RFC 3927, while no server answers
  StaticUse use = StaticUse::Always;

  FixedVector<IpPrefix, kMaxSpecAddresses> addresses;
  FixedVector<RouteSpec, kMaxSpecRoutes> routes;  // a default route is one to 0.0.0.0/0 or ::/0
  FixedVector<IpAddress, kMaxSpecDns> dns;
  FixedVector<dhcp4::DomainName, kMaxSpecDomains> search;
  uint32_t mtu = 0;     // of the link; 0: as it is
  uint32_t metric = 0;  // 0: by order and speed

  ClientIdKind client_id = ClientIdKind::Mac;
  Switch rapid_commit = Switch::Off;
  Switch ipv6_only = Switch::Off;
};

struct NetworkSpec {
  FixedVector<LinkSpec, kMaxSpecLinks> links;

  // The specification of a link; nothing where the defaults hold.
  const LinkSpec* find(const netlink::LinkName& name, const MacAddress& mac) const {
    for (const LinkSpec& link : links) {
      bool named = !link.name.empty() && link.name == name;
      bool same_mac = link.mac && *link.mac == mac && link.parent.empty();
      if (link.mac && !link.name.empty() ? named && same_mac : named || same_mac) return &link;
    }
    return nullptr;
  }
};

}  // namespace ck::netconf
