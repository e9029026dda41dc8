// SPDX-License-Identifier: MIT
#include "engine/netconf/difference.h"

#include <cstdlib>

#include "wire/netlink/constants.h"

namespace ck::netconf {

namespace {

constexpr int64_t kSameEndMs = 2000;  // the kernel counts lifetimes in seconds

bool is_ours(const netlink::Address& address) {
  return address.protocol == netlink::kProtocolDhcp && address.prefix.address.family == Family::V4;
}

bool same_end(TimePoint a, TimePoint b) {
  if (a == kNever || b == kNever) return a == b;
  return std::abs((a - b).count()) <= kSameEndMs;
}

bool is_present(const PresentAddress& wanted, const Present& present) {
  for (const auto& row : present.addresses()) {
    const netlink::Address& address = row.value.value;
    if (address.link == wanted.value.link && address.prefix == wanted.value.prefix &&
        address.metric == wanted.value.metric && same_end(row.value.valid_until, wanted.valid_until))
      return true;
  }
  return false;
}

bool is_present(const netlink::Route& wanted, const Present& present) {
  for (const auto& row : present.routes())
    if (row.value == wanted) return true;
  return false;
}

bool is_wanted(const netlink::Address& address, const Wanted& wanted) {
  for (const PresentAddress& other : wanted.addresses)
    if (other.value.prefix == address.prefix) return true;
  return false;
}

// Setting a route replaces the one of the same destination and metric, so that one need not be removed.
bool is_wanted_or_replaced(const netlink::Route& route, const Wanted& wanted) {
  for (const netlink::Route& other : wanted.routes)
    if (other.destination == route.destination && other.metric == route.metric) return true;
  return false;
}

uint32_t seconds_until(TimePoint end, TimePoint now) {
  if (end == kNever) return netlink::kForever;
  int64_t seconds = ((end - now).count() + 999) / 1000;
  if (seconds < 1) return 1;  // 0 would be refused
  return seconds >= netlink::kForever ? netlink::kForever - 1 : static_cast<uint32_t>(seconds);
}

netlink::Route route_to(IpPrefix destination, Ipv4Address gateway, const IpPrefix& own, uint32_t link) {
  netlink::Route route{.link = link,
                       .destination = destination,
                       .source = own.address,
                       .metric = metric_of(link),
                       .protocol = netlink::kProtocolDhcp};
  if (gateway.is_unspecified()) return route;
  route.gateway = gateway;
  // A gateway outside our prefix, as with /32 leases: the kernel is told that it is on the link all the same.
  if (own.length >= 31 || !own.contains(gateway)) route.flags = netlink::kRouteOnLink;
  return route;
}

bool is_own_prefix(const IpPrefix& destination, const IpPrefix& own) {
  return destination.length == own.length && own.contains(destination.address);
}

}  // namespace

Wanted wanted_by(const dhcp4::Lease& lease, uint32_t link, TimePoint now) {
  Wanted wanted;
  uint32_t seconds = seconds_until(lease.expires_at, now);
  netlink::Address address{.link = link,
                           .prefix = lease.address,
                           .scope = netlink::kScopeUniverse,
                           .protocol = netlink::kProtocolDhcp,
                           .metric = metric_of(link),
                           .lifetimes = {.preferred = seconds, .valid = seconds}};
  (void)wanted.addresses.push_back({.value = address, .since = now, .valid_until = lease.expires_at});

  for (const dhcp4::ClasslessRoute& route : lease.routes) {
    IpPrefix destination{.address = route.destination, .length = route.prefix_length};
    if (is_own_prefix(destination, lease.address) && route.gateway.is_unspecified()) continue;  // the kernel makes it
    if (!route.gateway.is_unspecified() && !dhcp4::is_host_address(route.gateway)) continue;
    if (route.gateway == lease.address.address.v4) continue;
    (void)wanted.routes.push_back(route_to(destination, route.gateway, lease.address, link));
  }
  if (!lease.routers.empty())
    (void)wanted.routes.push_back(
        route_to({.address = Ipv4Address{}, .length = 0}, lease.routers[0], lease.address, link));
  return wanted;
}

Changes difference(const Wanted& wanted, const Present& present, uint32_t link) {
  Changes changes;
  for (const PresentAddress& address : wanted.addresses)
    if (!is_present(address, present)) (void)changes.push_back(SetAddress{address.value});
  for (const netlink::Route& route : wanted.routes)
    if (!is_present(route, present)) (void)changes.push_back(SetRoute{route});
  for (const auto& row : present.routes()) {
    const netlink::Route& route = row.value;
    if (route.link == link && route.protocol == netlink::kProtocolDhcp && !is_wanted_or_replaced(route, wanted))
      (void)changes.push_back(RemoveRoute{route});
  }
  for (const auto& row : present.addresses()) {
    const netlink::Address& address = row.value.value;
    if (address.link == link && is_ours(address) && !is_wanted(address, wanted))
      (void)changes.push_back(RemoveAddress{address});
  }
  return changes;
}

}  // namespace ck::netconf
