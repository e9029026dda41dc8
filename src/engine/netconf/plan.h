// SPDX-License-Identifier: MIT
// What one link should have, merged from all that is offered for it: the administrator's specification, a DHCPv4 lease,
// a DHCPv6 lease or its information, an IPv4 link-local address. Of two that want the same route the first in that
// order stands; name servers by hand replace all others of their link, and so do domains. Each entry says where it is
// from, since when, until when and from which server; the report repeats it. What the kernel does by itself (SLAAC,
// routes of router advertisements, connected routes) is not planned, only reported; difference.h brings the kernel to
// the plan.
//
// Source routing: while several links have addresses, each address looks in a table of its own link first, so that a
// reply leaves by the link that its request came on, also when two cards are in one subnet.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/dhcp4/lease.h"
#include "engine/dhcp6/lease.h"
#include "engine/netconf/present.h"
#include "engine/netconf/spec.h"

namespace ck::netconf {

enum class Source : uint8_t { Static, Dhcp4, Dhcp6, LinkLocal };
std::string_view name_of(Source source);  // "static", "dhcp", "dhcp6", "link-local"

struct Origin {
  Source source = Source::Static;
  std::optional<IpAddress> server;
  TimePoint since = from_ms(0);
  TimePoint renew_at = kNever;
  TimePoint valid_until = kNever;
};

struct PlannedAddress {
  netlink::Address value;
  Origin origin;
};
struct PlannedRoute {
  netlink::Route value;
  Origin origin;
};
struct PlannedServer {
  IpAddress address;
  Origin origin;
};
struct PlannedDomain {
  dhcp4::DomainName name;
  Origin origin;
};

struct Plan {
  FixedVector<PlannedAddress, kMaxSpecAddresses + 6> addresses;
  FixedVector<PlannedRoute, 64> routes;
  FixedVector<netlink::Rule, 16> rules;
  FixedVector<PlannedServer, 12> dns;
  FixedVector<PlannedDomain, 10> domains;
  bool dns_by_hand = false;     // name servers that are learnt on this link count for nothing, whoever says them
  bool search_by_hand = false;  // nor do domains
  FixedVector<PlannedServer, 8> ntp;
  FixedVector<PlannedServer, 4> log_servers;  // netd itself uses neither
};

enum class SourceRouting : uint8_t { Off, On };

// All that is offered for one link. Pointers may be null; they are only read within make_plan().
struct Offers {
  uint32_t link = 0;
  uint32_t mtu = 0;  // of the link itself
  uint32_t metric = 0;
  TimePoint since = from_ms(0);  // since when the link is ours: what the specification gives counts from then
  const LinkSpec* spec = nullptr;
  const dhcp4::Lease* lease = nullptr;
  TimePoint lease_since = from_ms(0);
  const dhcp6::Lease* lease6 = nullptr;
  const dhcp6::Information* information6 = nullptr;  // the lease's, or without one
  TimePoint lease6_since = from_ms(0);
  std::optional<Ipv4Address> link_local;
  TimePoint link_local_since = from_ms(0);
  SourceRouting source_routing = SourceRouting::Off;
};

inline constexpr uint32_t kTableBase = 1000;  // and the link's index: its own table
inline constexpr uint32_t kRulePriority = 1000;

// Fills `plan`, which is large and so the caller's. What exceeds its capacities is left out.
void make_plan(const Offers& offers, const Present& present, TimePoint now, Plan& plan);

// Whether the specification's own addresses count now.
bool uses_static(const LinkSpec* spec, const dhcp4::Lease* lease);

// The metric of a link's routes: 100, 100 more for each class of speed below 10 Gbit/s, and the link's place among
// those that are managed, so that the fastest leads and of several alike the first one found. Not its index, which
// grows with each link that was ever plugged in. `speed_mbit` of 0: not known, as with virtual cards.
uint32_t metric_of(size_t place, uint32_t speed_mbit);

// Whether this is an address that others can reach us at from beyond the link: neither loopback nor link-local.
bool is_global(const netlink::Address& address);

}  // namespace ck::netconf
