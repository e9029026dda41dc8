// SPDX-License-Identifier: MIT
// What netd tells others: its state file (ARCHITECTURE.md, "Contracts") and the resolver's configuration, both as text
// made from the tables. What does not fit is left out by whole lines.
#pragma once

#include <span>
#include <string_view>

#include "base/text.h"
#include "engine/dhcp4/client.h"
#include "engine/dhcp6/client.h"
#include "engine/netconf/plan.h"
#include "engine/netconf/present.h"
#include "engine/netconf/router_dns.h"
#include "wire/state/record.h"

namespace ck::netconf {

// Another host uses an address that we have, too, and keep.
struct Contest {
  Ipv4Address address;
  MacAddress by;
  TimePoint at;  // when it was last found to
};

// One managed link as the report sees it, in the order of the report.
struct LinkReport {
  const netlink::Link* link = nullptr;
  std::string_view driver;
  dhcp4::State dhcp4 = dhcp4::State::Down;
  dhcp6::State dhcp6 = dhcp6::State::Down;
  const Plan* plan = nullptr;
  const LinkSpec* spec = nullptr;  // what is switched off is said to be
  const dhcp4::Counters* counters4 = nullptr;
  const dhcp6::Counters* counters6 = nullptr;
  std::span<const Contest> contests = {};
};

// All but its routes.
void write_link(const LinkReport& report, const Present& present, const RouterDns& router_dns,
                state::RecordWriter& out);
// What anybody on a segment can make many of comes when all links are written: the report has a largest size.
enum class RouteKind : uint8_t { Gateway, Other };
void write_routes(const LinkReport& report, const Present& present, RouteKind kind, state::RecordWriter& out);

// The resolver's configuration, link by link. At most three servers, as resolvers read no more; each link's planned
// servers (static, DHCP, DHCPv6) before its routers' servers.
class Resolver {
 public:
  static constexpr size_t kMaxServers = 3;  // MAXNS of the C libraries
  static constexpr size_t kMaxDomains = 6;  // MAXDNSRCH of older ones

  void add(const LinkReport& report, const RouterDns& router_dns);
  void write(TextWriter& out) const;

 private:
  void add_server(const IpAddress& address, std::string_view link_name);
  void add_domain(const dhcp4::DomainName& name);

  FixedVector<FixedString<64>, kMaxServers> servers_;
  FixedVector<dhcp4::DomainName, kMaxDomains> domains_;
};

// Interface flags as `ip address` prints them: "BROADCAST,MULTICAST,UP,LOWER_UP".
void write_link_flags(uint32_t flags, TextWriter& out);

}  // namespace ck::netconf
