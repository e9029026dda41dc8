// SPDX-License-Identifier: MIT
#include "engine/netconf/report.h"

#include "wire/netlink/constants.h"

namespace ck::netconf {

namespace {

struct FlagName {
  uint32_t flag;
  std::string_view name;
};

// In the order in which iproute2 prints them (linux/if.h).
constexpr FlagName kLinkFlags[] = {
    {1u << 3, "LOOPBACK"}, {1u << 1, "BROADCAST"}, {1u << 4, "POINTOPOINT"}, {1u << 12, "MULTICAST"},
    {1u << 7, "NOARP"},    {1u << 9, "ALLMULTI"},  {1u << 8, "PROMISC"},     {1u << 10, "MASTER"},
    {1u << 11, "SLAVE"},   {1u << 2, "DEBUG"},     {1u << 15, "DYNAMIC"},    {1u << 14, "AUTOMEDIA"},
    {1u << 13, "PORTSEL"}, {1u << 0, "UP"},        {1u << 16, "LOWER_UP"},   {1u << 17, "DORMANT"},
};

constexpr FlagName kAddressFlags[] = {
    {netlink::kAddressSecondary, "secondary"},   {netlink::kAddressTentative, "tentative"},
    {netlink::kAddressOptimistic, "optimistic"}, {netlink::kAddressDeprecated, "deprecated"},
    {netlink::kAddressDadFailed, "dadfailed"},
};

void put_comma(TextWriter& out) {
  if (out.size() > 0) out.put(',');
}

// Where an address is from that stands in no plan.
std::string_view source_of(const netlink::Address& address) {
  if (address.prefix.address.is_loopback()) return "kernel";
  if (address.protocol == netlink::kProtocolDhcp) return "dhcp";  // of a lease that is still to be confirmed
  if (address.prefix.address.family == Family::V4) return "static";
  if (address.prefix.address.is_link_local()) return "link";
  bool permanent = (address.flags & netlink::kAddressPermanent) != 0;
  return address.protocol == netlink::kAddressByRouter || !permanent ? "slaac" : "static";
}

std::string_view scope_name(uint8_t scope) {
  switch (scope) {
    case netlink::kScopeUniverse: return "global";
    case netlink::kScopeLink: return "link";
    case netlink::kScopeHost: return "host";
    default: return "other";
  }
}

void put_link(const LinkReport& report, state::RecordWriter& out) {
  const netlink::Link& link = *report.link;
  char buffer[160];
  TextWriter flags(buffer);
  write_link_flags(link.flags, flags);
  out.begin("link").field("index", link.index).field("name", link.name).field("mac", to_text(link.mac));
  out.field("flags", flags.view()).field("mtu", link.mtu).field("driver", report.driver);
  bool off4 = report.spec != nullptr && report.spec->dhcp4 == Switch::Off;
  bool off6 = report.spec != nullptr && report.spec->dhcp6 == Switch::Off;
  out.field("dhcp4", off4 ? "off" : dhcp4::name_of(report.dhcp4));
  out.field("dhcp6", off6 ? "off" : dhcp6::name_of(report.dhcp6));
  (void)out.end();
}

// What happened often enough to be counted; a counter that is not there is zero.
void put_counters(const LinkReport& report, state::RecordWriter& out) {
  out.begin("counters").field("link", report.link->index);
  auto put = [&](std::string_view family, std::string_view name, uint32_t value) {
    if (value == 0) return;
    FixedString<48> key(family);
    key.append(name);
    out.field(key, value);
  };
  if (report.counters4 != nullptr)
    report.counters4->visit([&](std::string_view name, uint32_t value) { put("dhcp4-", name, value); });
  if (report.counters6 != nullptr) {
    put("dhcp6-", "sent", report.counters6->sent);
    put("dhcp6-", "received", report.counters6->received);
    put("dhcp6-", "ignored", report.counters6->ignored);
    put("dhcp6-", "faulty", report.counters6->faulty);
    put("dhcp6-", "reconfigures-ignored", report.counters6->reconfigures_ignored);
  }
  (void)out.end();
}

// The fields that say how something was obtained.
void put_origin(const Origin& origin, state::RecordWriter& out) {
  out.field("source", name_of(origin.source));
  if (origin.server) out.field("server", to_text(*origin.server));
  out.field("since-ms", to_ms(origin.since));
  if (origin.renew_at != kNever) out.field("renew-ms", to_ms(origin.renew_at));
  if (origin.valid_until != kNever) out.field("valid-ms", to_ms(origin.valid_until));
}

void put_router_origin(const RouterDns::Entry& entry, state::RecordWriter& out) {
  out.field("source", "ra");
  if (entry.router) out.field("server", to_text(*entry.router));
  out.field("since-ms", to_ms(entry.since));
  if (entry.until != kNever) out.field("valid-ms", to_ms(entry.until));
}

const Origin* origin_of(const netlink::Address& address, const Plan& plan) {
  for (const PlannedAddress& planned : plan.addresses)
    if (planned.value.prefix == address.prefix) return &planned.origin;
  return nullptr;
}

const Origin* origin_of(const netlink::Route& route, const Plan& plan) {
  for (const PlannedRoute& planned : plan.routes)
    if (planned.value == route) return &planned.origin;
  return nullptr;
}

void put_address(const PresentAddress& present, const LinkReport& report, state::RecordWriter& out) {
  const netlink::Address& address = present.value;
  char buffer[96];
  TextWriter flags(buffer);
  for (const FlagName& flag : kAddressFlags) {
    if ((address.flags & flag.flag) == 0) continue;
    put_comma(flags);
    flags.put(flag.name);
  }
  out.begin("address").field("link", address.link);
  out.field("family", address.prefix.address.family == Family::V4 ? "inet" : "inet6");
  out.field("address", to_text(address.prefix)).field("scope", scope_name(address.scope));
  out.field("flags", flags.view());
  if (const Origin* origin = origin_of(address, *report.plan)) {
    put_origin(*origin, out);
  } else {
    out.field("source", source_of(address)).field("since-ms", to_ms(present.since));
    if (present.valid_until != kNever) out.field("valid-ms", to_ms(present.valid_until));
  }
  for (const Contest& contest : report.contests)
    if (IpAddress(contest.address) == address.prefix.address)
      out.field("also-used-by", to_text(contest.by)).field("conflict-ms", to_ms(contest.at));
  (void)out.end();
}

RouteKind kind_of(const netlink::Route& route) {
  return route.destination.length == 0 && route.gateway ? RouteKind::Gateway : RouteKind::Other;
}

// A default route is told as the link's gateway, every other as a route. What source routing repeats is not told.
void put_route(const PresentRoute& present, const LinkReport& report, state::RecordWriter& out) {
  const netlink::Route& route = present.value;
  bool gateway = kind_of(route) == RouteKind::Gateway;
  out.begin(gateway ? "gateway" : "route").field("link", route.link);
  if (gateway) {
    out.field("address", to_text(*route.gateway));
  } else {
    out.field("destination", to_text(route.destination));
    if (route.gateway) out.field("gateway", to_text(*route.gateway));
  }
  out.field("metric", route.metric);
  if (route.mtu != 0) out.field("mtu", route.mtu);
  if (const Origin* origin = origin_of(route, *report.plan)) {
    put_origin(*origin, out);
  } else {
    bool router = route.protocol == netlink::kProtocolRouter;
    out.field("source", router ? "ra" : "dhcp");
    if (router && route.gateway) out.field("server", to_text(*route.gateway));
    out.field("since-ms", to_ms(present.since));
    if (present.valid_until != kNever) out.field("valid-ms", to_ms(present.valid_until));
  }
  (void)out.end();
}

// Calls visit(entry) for each name server of this link's routers that counts.
template <typename Visit>
void each_router_server(const LinkReport& report, const RouterDns& router_dns, Visit visit) {
  if (report.plan->dns_by_hand) return;
  for (const RouterDns::Server& server : router_dns.servers())
    if (server.link == report.link->index) visit(server);
}

template <typename Visit>
void each_router_domain(const LinkReport& report, const RouterDns& router_dns, Visit visit) {
  if (report.plan->search_by_hand) return;
  for (const RouterDns::Domain& domain : router_dns.domains())
    if (domain.link == report.link->index) visit(domain);
}

void put_resolvers(const LinkReport& report, const RouterDns& router_dns, state::RecordWriter& out) {
  uint32_t link = report.link->index;
  for (const PlannedServer& dns : report.plan->dns) {
    put_origin(dns.origin, out.begin("dns").field("link", link).field("address", to_text(dns.address)));
    (void)out.end();
  }
  each_router_server(report, router_dns, [&](const RouterDns::Server& server) {
    put_router_origin(server, out.begin("dns").field("link", link).field("address", to_text(server.address)));
    (void)out.end();
  });
  for (const PlannedDomain& domain : report.plan->domains) {
    put_origin(domain.origin, out.begin("domain").field("link", link).field("name", domain.name));
    (void)out.end();
  }
  each_router_domain(report, router_dns, [&](const RouterDns::Domain& domain) {
    put_router_origin(domain, out.begin("domain").field("link", link).field("name", domain.name));
    (void)out.end();
  });
  for (const RouterDns::Nat64& nat64 : router_dns.nat64()) {
    if (nat64.link != link) continue;
    put_router_origin(nat64, out.begin("nat64").field("link", link).field("prefix", to_text(nat64.prefix)));
    (void)out.end();
  }
}

// What leases named that is for others to use: timed, the log.
template <size_t N>
void put_servers(std::string_view kind, uint32_t link, const FixedVector<PlannedServer, N>& servers,
                 state::RecordWriter& out) {
  for (const PlannedServer& server : servers) {
    put_origin(server.origin, out.begin(kind).field("link", link).field("address", to_text(server.address)));
    (void)out.end();
  }
}

}  // namespace

void write_link_flags(uint32_t flags, TextWriter& out) {
  if ((flags & netlink::kLinkUp) != 0 && (flags & netlink::kLinkRunning) == 0) out.put("NO-CARRIER");
  for (const FlagName& flag : kLinkFlags) {
    if ((flags & flag.flag) == 0) continue;
    put_comma(out);
    out.put(flag.name);
  }
}

void write_link(const LinkReport& report, const Present& present, const RouterDns& router_dns,
                state::RecordWriter& out) {
  uint32_t index = report.link->index;
  put_link(report, out);
  for (Family family : {Family::V4, Family::V6})
    for (const auto& row : present.addresses())
      if (row.value.value.link == index && row.value.value.prefix.address.family == family)
        put_address(row.value, report, out);
  put_resolvers(report, router_dns, out);
  put_servers("ntp", index, report.plan->ntp, out);
  put_servers("log-server", index, report.plan->log_servers, out);
  if (report.counters4 != nullptr) put_counters(report, out);
}

void write_routes(const LinkReport& report, const Present& present, RouteKind kind, state::RecordWriter& out) {
  for (const auto& row : present.routes()) {
    const netlink::Route& route = row.value.value;
    if (route.link == report.link->index && route.table == netlink::kTableMain && kind_of(route) == kind)
      put_route(row.value, report, out);
  }
}

void Resolver::add_server(const IpAddress& address, std::string_view link_name) {
  FixedString<64> text(to_text(address).view());
  if (address.family == Family::V6 && address.is_link_local()) {
    text.append('%');
    text.append(link_name);
  }
  for (const auto& other : servers_)
    if (other == text) return;
  (void)servers_.push_back(text);
}

void Resolver::add_domain(const dhcp4::DomainName& name) {
  for (const dhcp4::DomainName& other : domains_)
    if (other == name) return;
  (void)domains_.push_back(name);
}

void Resolver::add(const LinkReport& report, const RouterDns& router_dns) {
  for (const PlannedServer& dns : report.plan->dns) add_server(dns.address, report.link->name);
  each_router_server(report, router_dns,
                     [&](const RouterDns::Server& server) { add_server(server.address, report.link->name); });
  for (const PlannedDomain& domain : report.plan->domains) add_domain(domain.name);
  each_router_domain(report, router_dns, [&](const RouterDns::Domain& domain) { add_domain(domain.name); });
}

void Resolver::write(TextWriter& out) const {
  for (size_t i = 0; i < domains_.size(); ++i) out.put(i == 0 ? "search " : " ").put(domains_[i]);
  if (!domains_.empty()) out.put('\n');
  for (const auto& server : servers_) out.put("nameserver ").put(server).put('\n');
}

}  // namespace ck::netconf
