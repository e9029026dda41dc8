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

std::string_view source_of(const netlink::Address& address) {
  if (address.prefix.address.family == Family::V4)
    return address.protocol == netlink::kProtocolDhcp ? "dhcp"
           : address.prefix.address.is_loopback()     ? "kernel"
                                                      : "static";
  if (address.prefix.address.is_link_local()) return "link";
  if (address.prefix.address.is_loopback()) return "kernel";
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
  out.field("dhcp4", dhcp4::name_of(report.state));
  (void)out.end();
}

void put_address(const PresentAddress& present, const LinkReport& report, state::RecordWriter& out) {
  const netlink::Address& address = present.value;
  std::string_view source = source_of(address);
  char buffer[96];
  TextWriter flags(buffer);
  for (const FlagName& flag : kAddressFlags) {
    if ((address.flags & flag.flag) == 0) continue;
    put_comma(flags);
    flags.put(flag.name);
  }
  out.begin("address").field("link", address.link);
  out.field("family", address.prefix.address.family == Family::V4 ? "inet" : "inet6");
  out.field("address", to_text(address.prefix)).field("source", source).field("scope", scope_name(address.scope));
  out.field("flags", flags.view());
  const dhcp4::Lease* lease = report.lease;
  bool leased = source == "dhcp" && lease != nullptr && lease->address == address.prefix;
  if (leased) out.field("server", to_text(lease->server));
  out.field("since-ms", to_ms(present.since));
  if (leased && lease->renew_at != kNever) out.field("renew-ms", to_ms(lease->renew_at));
  if (present.valid_until != kNever) out.field("valid-ms", to_ms(present.valid_until));
  (void)out.end();
}

void put_dns(uint32_t link, std::string_view address, std::string_view source, state::RecordWriter& out) {
  (void)out.begin("dns").field("link", link).field("address", address).field("source", source).end();
}

void put_domain(uint32_t link, std::string_view name, std::string_view source, state::RecordWriter& out) {
  (void)out.begin("domain").field("link", link).field("name", name).field("source", source).end();
}

void put_gateways(uint32_t link, const Present& present, state::RecordWriter& out) {
  for (const auto& row : present.routes()) {
    const netlink::Route& route = row.value;
    if (route.link != link || route.destination.length != 0 || !route.gateway) continue;
    out.begin("gateway").field("link", link).field("address", to_text(*route.gateway));
    out.field("source", route.protocol == netlink::kProtocolDhcp ? "dhcp" : "ra").field("metric", route.metric);
    (void)out.end();
  }
}

// Calls visit(name, source) for each domain of the link: that of the lease, its search list, those of routers.
template <typename Visit>
void for_each_domain(const LinkReport& report, const RouterDns& router_dns, Visit visit) {
  if (report.lease != nullptr) {
    if (!report.lease->domain.empty()) visit(report.lease->domain.view(), "dhcp");
    for (const dhcp4::DomainName& name : report.lease->search)
      if (!(name == report.lease->domain)) visit(name.view(), "dhcp");
  }
  for (const RouterDns::Domain& domain : router_dns.domains())
    if (domain.link == report.link->index) visit(domain.name.view(), "ra");
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

void write_state(std::span<const LinkReport> links, const Present& present, const RouterDns& router_dns,
                 state::RecordWriter& out) {
  for (const LinkReport& report : links) {
    uint32_t index = report.link->index;
    put_link(report, out);
    for (Family family : {Family::V4, Family::V6})
      for (const auto& row : present.addresses())
        if (row.value.value.link == index && row.value.value.prefix.address.family == family)
          put_address(row.value, report, out);
    put_gateways(index, present, out);
    if (report.lease != nullptr)
      for (Ipv4Address server : report.lease->dns) put_dns(index, to_text(server), "dhcp", out);
    for (const RouterDns::Server& server : router_dns.servers())
      if (server.link == index) put_dns(index, to_text(server.address), "ra", out);
    for_each_domain(report, router_dns,
                    [&](std::string_view name, std::string_view source) { put_domain(index, name, source, out); });
  }
}

void write_resolver(std::span<const LinkReport> links, const RouterDns& router_dns, TextWriter& out) {
  constexpr unsigned kMaxServers = 3;  // MAXNS of the C libraries
  constexpr unsigned kMaxDomains = 6;  // MAXDNSRCH of older ones
  FixedVector<std::string_view, kMaxDomains> domains;
  for (const LinkReport& report : links)
    for_each_domain(report, router_dns, [&](std::string_view name, std::string_view) {
      for (std::string_view other : domains)
        if (other == name) return;
      if (domains.push_back(name)) out.put(domains.size() == 1 ? "search " : " ").put(name);
    });
  if (!domains.empty()) out.put('\n');
  unsigned servers = 0;
  for (const LinkReport& report : links) {
    if (report.lease != nullptr)
      for (Ipv4Address server : report.lease->dns)
        if (servers++ < kMaxServers) out.put("nameserver ").put(to_text(server).view()).put('\n');
    for (const RouterDns::Server& server : router_dns.servers()) {
      if (server.link != report.link->index || servers++ >= kMaxServers) continue;
      out.put("nameserver ").put(to_text(server.address).view());
      if (server.address.is_link_local()) out.put('%').put(report.link->name);
      out.put('\n');
    }
  }
}

}  // namespace ck::netconf
