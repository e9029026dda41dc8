// SPDX-License-Identifier: MIT
#include "engine/netconf/present.h"

#include <cstdlib>

#include "wire/netlink/constants.h"

namespace ck::netconf {

namespace {

// Ends of lifetimes nearer than this to each other are the same end, told at different times in whole seconds.
constexpr int64_t kSameEndMs = 2000;

TimePoint end_of(const netlink::Lifetimes& lifetimes, TimePoint now) {
  if (lifetimes.valid == netlink::kForever) return kNever;
  return now + std::chrono::seconds(lifetimes.valid);
}

bool same_end(TimePoint a, TimePoint b) {
  if (a == kNever || b == kNever) return a == b;
  return std::abs((a - b).count()) <= kSameEndMs;
}

bool same_key(const netlink::Address& a, const netlink::Address& b) { return a.link == b.link && a.prefix == b.prefix; }

bool same_key(const netlink::Route& a, const netlink::Route& b) {
  return a.link == b.link && a.destination == b.destination && a.metric == b.metric && a.gateway == b.gateway;
}

}  // namespace

bool is_of_interest(const netlink::Route& route) {
  if (route.table != netlink::kTableMain || route.type != netlink::kTypeUnicast) return false;
  if (route.protocol == netlink::kProtocolDhcp) return true;
  return route.protocol == netlink::kProtocolRouter && route.destination.length == 0;
}

Update Present::set_link(const netlink::Link& link) {
  for (auto& row : links_.rows) {
    if (row.value.index != link.index) continue;
    row.seen = true;
    if (row.value == link) return Update::Same;
    row.value = link;
    return Update::Changed;
  }
  if (links_.rows.push_back({link, true})) return Update::Added;
  ++left_out_;
  return Update::Full;
}

bool Present::remove_link(uint32_t index) {
  for (size_t i = addresses_.rows.size(); i-- > 0;)
    if (addresses_.rows[i].value.value.link == index) addresses_.rows.erase(i);
  for (size_t i = routes_.rows.size(); i-- > 0;)
    if (routes_.rows[i].value.link == index) routes_.rows.erase(i);
  for (size_t i = 0; i < links_.rows.size(); ++i) {
    if (links_.rows[i].value.index != index) continue;
    links_.rows.erase(i);
    return true;
  }
  return false;
}

const netlink::Link* Present::find_link(uint32_t index) const {
  for (const auto& row : links_.rows)
    if (row.value.index == index) return &row.value;
  return nullptr;
}

Update Present::set_address(const netlink::Address& address, TimePoint now) {
  if (find_link(address.link) == nullptr) return Update::Same;
  TimePoint end = end_of(address.lifetimes, now);
  for (auto& row : addresses_.rows) {
    PresentAddress& present = row.value;
    if (!same_key(present.value, address)) continue;
    row.seen = true;
    bool same = same_end(present.valid_until, end);
    netlink::Address old = present.value;
    old.lifetimes = address.lifetimes;
    present.value = address;
    if (!same) present.valid_until = end;
    return same && old == address ? Update::Same : Update::Changed;
  }
  if (addresses_.rows.push_back({{.value = address, .since = now, .valid_until = end}, true})) return Update::Added;
  ++left_out_;
  return Update::Full;
}

bool Present::remove_address(const netlink::Address& address) {
  for (size_t i = 0; i < addresses_.rows.size(); ++i) {
    if (!same_key(addresses_.rows[i].value.value, address)) continue;
    addresses_.rows.erase(i);
    return true;
  }
  return false;
}

Update Present::set_route(const netlink::Route& route) {
  if (!is_of_interest(route) || find_link(route.link) == nullptr) return Update::Same;
  for (auto& row : routes_.rows) {
    if (!same_key(row.value, route)) continue;
    row.seen = true;
    if (row.value == route) return Update::Same;
    row.value = route;
    return Update::Changed;
  }
  if (routes_.rows.push_back({route, true})) return Update::Added;
  ++left_out_;
  return Update::Full;
}

bool Present::remove_route(const netlink::Route& route) {
  for (size_t i = 0; i < routes_.rows.size(); ++i) {
    if (!same_key(routes_.rows[i].value, route)) continue;
    routes_.rows.erase(i);
    return true;
  }
  return false;
}

void Present::begin_dump(netlink::Table table) {
  switch (table) {
    case netlink::Table::Links: links_.begin(); return;
    case netlink::Table::Addresses: addresses_.begin(); return;
    case netlink::Table::Routes: routes_.begin(); return;
  }
}

}  // namespace ck::netconf
