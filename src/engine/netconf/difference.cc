// SPDX-License-Identifier: MIT
#include "engine/netconf/difference.h"

#include <cstdlib>

#include "wire/netlink/constants.h"

namespace ck::netconf {

namespace {

bool is_our_protocol(uint8_t protocol) {
  return protocol == netlink::kProtocolDhcp || protocol == netlink::kProtocolOurs;
}

bool is_present(const PlannedAddress& planned, const Present& present) {
  for (const auto& row : present.addresses()) {
    const netlink::Address& address = row.value.value;
    if (address.link == planned.value.link && address.prefix == planned.value.prefix &&
        address.metric == planned.value.metric && same_end(row.value.valid_until, planned.origin.valid_until))
      return true;
  }
  return false;
}

bool is_present(const netlink::Route& planned, const Present& present) {
  for (const auto& row : present.routes())
    if (row.value.value == planned) return true;
  return false;
}

bool is_planned(const netlink::Address& address, const Plan& plan) {
  for (const PlannedAddress& other : plan.addresses)
    if (other.value.prefix == address.prefix) return true;
  return false;
}

// Setting an IPv4 route replaces the one of the same destination and metric, so that one need not be removed. IPv6
// keeps several gateways side by side.
bool is_planned_or_replaced(const netlink::Route& route, const Plan& plan) {
  for (const PlannedRoute& other : plan.routes) {
    if (other.value.table != route.table || !(other.value.destination == route.destination)) continue;
    if (other.value.metric != route.metric) continue;
    if (route.destination.address.family == Family::V4 || other.value.gateway == route.gateway) return true;
  }
  return false;
}

// A connected route that bore an MTU: taking it away would take the subnet along. It becomes the kernel's again.
bool is_connected(const netlink::Route& route, const Plan& plan) {
  if (route.gateway || route.table != netlink::kTableMain || route.destination.address.family != Family::V4)
    return false;
  for (const PlannedAddress& address : plan.addresses) {
    const IpPrefix& prefix = address.value.prefix;
    if (prefix.length == route.destination.length && prefix.contains(route.destination.address)) return true;
  }
  return false;
}

Change removal_of(const netlink::Route& route, const Plan& plan) {
  if (!is_connected(route, plan)) return RemoveRoute{route};
  netlink::Route plain = route;
  plain.mtu = 0;
  plain.protocol = netlink::kProtocolKernel;
  return SetRoute{plain};
}

}  // namespace

bool is_ours(const netlink::Address& address) { return is_our_protocol(address.protocol); }
bool is_ours(const netlink::Route& route) { return is_our_protocol(route.protocol); }

void difference(const Plan& plan, const Present& present, uint32_t link, Changes& changes) {
  changes.clear();
  for (const PlannedAddress& address : plan.addresses)
    if (!is_present(address, present)) (void)changes.push_back(SetAddress{address.value});
  for (const PlannedRoute& route : plan.routes)
    if (!is_present(route.value, present)) (void)changes.push_back(SetRoute{route.value});
  for (const netlink::Rule& rule : plan.rules)
    if (!present.has_rule(rule)) (void)changes.push_back(AddRule{rule});
  for (const auto& row : present.rules()) {
    if (row.value.table != kTableBase + link) continue;
    bool planned = false;
    for (const netlink::Rule& rule : plan.rules) planned |= rule == row.value;
    if (!planned) (void)changes.push_back(RemoveRule{row.value});
  }
  for (const auto& row : present.routes()) {
    const netlink::Route& route = row.value.value;
    if (route.link == link && is_ours(route) && !is_planned_or_replaced(route, plan))
      (void)changes.push_back(removal_of(route, plan));
  }
  for (const auto& row : present.addresses()) {
    const netlink::Address& address = row.value.value;
    if (address.link == link && is_ours(address) && !is_planned(address, plan))
      (void)changes.push_back(RemoveAddress{address});
  }
}

}  // namespace ck::netconf
