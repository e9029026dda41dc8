// SPDX-License-Identifier: MIT
#include "engine/netconf/plan.h"

#include <algorithm>

#include "wire/netlink/constants.h"

namespace ck::netconf {

namespace {

constexpr uint32_t kMetricBase = 100;
constexpr uint16_t kLeastMtu = 576;  // RFC 791: what every host takes
const IpPrefix kDefault4{.address = Ipv4Address{}, .length = 0};
constexpr uint8_t kLinkLocalLength = 16;  // RFC 3927 2.8

uint32_t seconds_until(TimePoint end, TimePoint now) {
  if (end == kNever) return netlink::kForever;
  int64_t seconds = ((end - now).count() + 999) / 1000;
  if (seconds < 1) return 1;  // 0 would be refused
  return seconds >= netlink::kForever ? netlink::kForever - 1 : static_cast<uint32_t>(seconds);
}

bool same_place(const netlink::Route& a, const netlink::Route& b) {
  return a.table == b.table && a.destination == b.destination && a.metric == b.metric;
}

IpPrefix masked(const IpPrefix& prefix) {
  IpPrefix result = prefix;
  if (prefix.address.family == Family::V4) {
    result.address.v4.value &= netmask_of(prefix.length).value;
    return result;
  }
  for (size_t bit = prefix.length; bit < 128; ++bit)
    result.address.v6.octets[bit / 8] &= static_cast<uint8_t>(~(0x80u >> bit % 8));
  return result;
}

// One source at a time adds to the plan.
class Planner {
 public:
  Planner(const Offers& offers, TimePoint now, Plan& plan) : offers_(offers), now_(now), plan_(plan) {}

  void address(const IpPrefix& prefix, uint8_t protocol, TimePoint preferred_until, const Origin& origin) {
    bool link_scope = prefix.address.is_link_local();
    netlink::Address value{
        .link = offers_.link,
        .prefix = prefix,
        .scope = link_scope ? netlink::kScopeLink : netlink::kScopeUniverse,
        .protocol = protocol,
        .metric = offers_.metric,
        .lifetimes = {.preferred = seconds_until(std::min(preferred_until, origin.valid_until), now_),
                      .valid = seconds_until(origin.valid_until, now_)}};
    for (const PlannedAddress& other : plan_.addresses)
      if (other.value.prefix.address == prefix.address) return;
    (void)plan_.addresses.push_back({value, origin});
  }

  void route(netlink::Route value, const Origin& origin) {
    value.link = offers_.link;
    if (value.metric == 0) value.metric = offers_.metric;
    for (const PlannedRoute& other : plan_.routes)
      if (same_place(other.value, value)) return;
    (void)plan_.routes.push_back({value, origin});
  }

  void dns(const IpAddress& address, const Origin& origin) {
    if (plan_.dns_by_hand && origin.source != Source::Static) return;
    server(plan_.dns, address, origin);
  }
  void ntp(const IpAddress& address, const Origin& origin) { server(plan_.ntp, address, origin); }
  void log_server(const IpAddress& address, const Origin& origin) { server(plan_.log_servers, address, origin); }

  void domain(const dhcp4::DomainName& name, const Origin& origin) {
    if (plan_.search_by_hand && origin.source != Source::Static) return;
    for (const PlannedDomain& other : plan_.domains)
      if (other.name == name) return;
    (void)plan_.domains.push_back({name, origin});
  }

 private:
  template <size_t N>
  static void server(FixedVector<PlannedServer, N>& list, const IpAddress& address, const Origin& origin) {
    for (const PlannedServer& other : list)
      if (other.address == address) return;
    (void)list.push_back({address, origin});
  }

  const Offers& offers_;
  TimePoint now_;
  Plan& plan_;
};

// A gateway outside our prefixes, as with /32 leases: the kernel is told that it is on the link all the same.
uint32_t on_link_flag(const IpAddress& gateway, const Plan& plan) {
  if (gateway.family == Family::V6 && gateway.is_link_local()) return 0;
  for (const PlannedAddress& own : plan.addresses) {
    const IpPrefix& prefix = own.value.prefix;
    bool has_room = prefix.length < (prefix.address.family == Family::V4 ? 31 : 127);
    if (has_room && prefix.contains(gateway)) return 0;
  }
  return netlink::kRouteOnLink;
}

void plan_spec(const LinkSpec& spec, const Offers& offers, Planner& planner, const Plan& plan) {
  Origin origin{.source = Source::Static, .since = offers.since};
  for (const IpPrefix& prefix : spec.addresses) planner.address(prefix, netlink::kProtocolOurs, kNever, origin);
  for (const RouteSpec& route : spec.routes) {
    netlink::Route value{
        .destination = masked(route.destination), .gateway = route.gateway, .protocol = netlink::kProtocolOurs};
    if (route.gateway) value.flags = on_link_flag(*route.gateway, plan);
    planner.route(value, origin);
  }
  for (const IpAddress& server : spec.dns) planner.dns(server, origin);
  for (const dhcp4::DomainName& name : spec.search) planner.domain(name, origin);
}

// RFC 2132 5.1: never larger than the link's own, and applied to routes alone, so that no driver resets its link.
uint16_t route_mtu(const dhcp4::Lease& lease, uint32_t link_mtu) {
  if (!lease.mtu || *lease.mtu < kLeastMtu || *lease.mtu >= link_mtu) return 0;
  return *lease.mtu;
}

void plan_lease(const dhcp4::Lease& lease, const Offers& offers, Planner& planner, const Plan& plan) {
  Origin origin{.source = Source::Dhcp4,
                .server = lease.server,
                .since = offers.lease_since,
                .renew_at = lease.renew_at,
                .valid_until = lease.expires_at};
  planner.address(lease.address, netlink::kProtocolDhcp, kNever, origin);
  uint16_t mtu = route_mtu(lease, offers.mtu);
  auto add = [&](const IpPrefix& destination, Ipv4Address gateway) {
    netlink::Route route{
        .destination = destination, .source = lease.address.address, .protocol = netlink::kProtocolDhcp, .mtu = mtu};
    if (!gateway.is_unspecified()) {
      route.gateway = gateway;
      route.flags = on_link_flag(gateway, plan);
    }
    planner.route(route, origin);
  };
  // The connected route is the kernel's, unless it has to bear the MTU.
  IpPrefix own = masked(lease.address);
  if (mtu != 0 && own.length < 32) add(own, Ipv4Address{});
  for (const dhcp4::ClasslessRoute& route : lease.routes) {
    IpPrefix destination{.address = route.destination, .length = route.prefix_length};
    if (masked(destination) == own && route.gateway.is_unspecified()) continue;
    if (!route.gateway.is_unspecified() && !dhcp4::is_host_address(route.gateway)) continue;
    if (route.gateway == lease.address.address.v4) continue;
    add(destination, route.gateway);
  }
  if (!lease.routers.empty()) add(kDefault4, lease.routers[0]);
  for (Ipv4Address server : lease.dns) planner.dns(server, origin);
  if (!lease.domain.empty()) planner.domain(lease.domain, origin);
  for (const dhcp4::DomainName& name : lease.search) planner.domain(name, origin);
  for (Ipv4Address server : lease.ntp) planner.ntp(server, origin);
  for (Ipv4Address server : lease.log_servers) planner.log_server(server, origin);
}

void plan_lease6(const dhcp6::Lease& lease, TimePoint since, Planner& planner) {
  for (const dhcp6::LeasedAddress& address : lease.addresses) {
    Origin origin{.source = Source::Dhcp6,
                  .server = IpAddress(lease.server_address),
                  .since = since,
                  .renew_at = lease.renew_at,
                  .valid_until = address.valid_until};
    // RFC 9915 21.6: what is on the link is for routers to say, so the address stands alone.
    planner.address({.address = address.address, .length = 128}, netlink::kProtocolDhcp, address.preferred_until,
                    origin);
  }
}

void plan_information6(const dhcp6::Information& information, Planner& planner) {
  Origin origin{.source = Source::Dhcp6,
                .server = IpAddress(information.server_address),
                .since = information.since,
                .renew_at = information.refresh_at};
  for (const Ipv6Address& server : information.dns) planner.dns(server, origin);
  for (const dhcp4::DomainName& name : information.search) planner.domain(name, origin);
  for (const Ipv6Address& server : information.ntp) planner.ntp(server, origin);
}

void add_rule(const IpAddress& source, uint32_t link, Plan& plan) {
  netlink::Rule rule{
      .source = source, .table = kTableBase + link, .priority = kRulePriority, .protocol = netlink::kProtocolOurs};
  for (const netlink::Rule& other : plan.rules)
    if (other == rule) return;
  (void)plan.rules.push_back(rule);
}

// The link's own table: where each of its addresses looks first.
void plan_own_table(const Offers& offers, const Present& present, Planner& planner, Plan& plan) {
  Origin origin{.source = Source::Static, .since = offers.since};
  uint32_t table = kTableBase + offers.link;
  size_t planned = plan.routes.size();
  for (size_t i = 0; i < planned; ++i) {
    PlannedRoute copy = plan.routes[i];
    copy.value.table = table;
    copy.value.protocol = netlink::kProtocolOurs;
    planner.route(copy.value, copy.origin);
  }
  bool six = false;
  auto connect = [&](const netlink::Address& address) {
    if (!is_global(address)) return;
    if (address.prefix.address.family == Family::V6) six = true;
    add_rule(address.prefix.address, offers.link, plan);
    uint8_t whole = address.prefix.address.family == Family::V4 ? 32 : 128;
    if (address.prefix.length >= whole) return;
    netlink::Route route{.destination = masked(address.prefix), .table = table, .protocol = netlink::kProtocolOurs};
    if (address.prefix.address.family == Family::V4) route.source = address.prefix.address;
    planner.route(route, origin);
  };
  for (const PlannedAddress& address : plan.addresses) connect(address.value);
  for (const auto& row : present.addresses())
    if (row.value.value.link == offers.link && row.value.value.prefix.address.family == Family::V6)
      connect(row.value.value);
  if (!six) return;
  planner.route({.destination = *parse_prefix("fe80::/64"), .table = table, .protocol = netlink::kProtocolOurs},
                origin);
  for (const auto& row : present.routes()) {
    const netlink::Route& route = row.value.value;
    if (route.link != offers.link || route.protocol != netlink::kProtocolRouter || !route.gateway) continue;
    if (route.destination.length != 0) continue;
    planner.route({.destination = route.destination,
                   .gateway = route.gateway,
                   .table = table,
                   .protocol = netlink::kProtocolOurs},
                  origin);
  }
}

}  // namespace

std::string_view name_of(Source source) {
  switch (source) {
    case Source::Static: return "static";
    case Source::Dhcp4: return "dhcp";
    case Source::Dhcp6: return "dhcp6";
    case Source::LinkLocal: return "link-local";
  }
  return "unknown";
}

bool uses_static(const LinkSpec* spec, const dhcp4::Lease* lease) {
  return spec != nullptr && (spec->use == StaticUse::Always || lease == nullptr);
}

uint32_t metric_of(size_t place, uint32_t speed_mbit) {
  constexpr uint32_t kSpeeds[] = {10'000, 1'000, 100};
  static_assert(kMaxLinks < 100);
  uint32_t metric = kMetricBase + static_cast<uint32_t>(place);
  if (speed_mbit == 0) return metric;
  for (uint32_t speed : kSpeeds)
    if (speed_mbit < speed) metric += 100;
  return metric;
}

bool is_global(const netlink::Address& address) {
  const IpAddress& ip = address.prefix.address;
  return !ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified();
}

void make_plan(const Offers& offers, const Present& present, TimePoint now, Plan& plan) {
  plan = Plan{};
  Planner planner(offers, now, plan);
  if (uses_static(offers.spec, offers.lease)) {
    plan.dns_by_hand = !offers.spec->dns.empty();
    plan.search_by_hand = !offers.spec->search.empty();
    plan_spec(*offers.spec, offers, planner, plan);
  }
  if (offers.lease != nullptr) plan_lease(*offers.lease, offers, planner, plan);
  if (offers.lease6 != nullptr) plan_lease6(*offers.lease6, offers.lease6_since, planner);
  if (offers.information6 != nullptr) plan_information6(*offers.information6, planner);
  if (offers.link_local) {
    Origin origin{.source = Source::LinkLocal, .since = offers.link_local_since};
    planner.address({.address = *offers.link_local, .length = kLinkLocalLength}, netlink::kProtocolOurs, kNever,
                    origin);
  }
  if (offers.source_routing == SourceRouting::On) plan_own_table(offers, present, planner, plan);
}

}  // namespace ck::netconf
