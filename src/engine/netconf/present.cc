// SPDX-License-Identifier: MIT
#include "engine/netconf/present.h"

#include <cstdlib>

#include "wire/netlink/constants.h"

namespace ck::netconf {

namespace {

constexpr int64_t kSameEndMs = 2000;

TimePoint end_of(const netlink::Lifetimes& lifetimes, TimePoint now) {
  if (lifetimes.valid == netlink::kForever) return kNever;
  return now + std::chrono::seconds(lifetimes.valid);
}

bool same_key(const netlink::Address& a, const netlink::Address& b) { return a.link == b.link && a.prefix == b.prefix; }

bool same_key(const netlink::Route& a, const netlink::Route& b) {
  return a.link == b.link && a.table == b.table && a.destination == b.destination && a.metric == b.metric &&
         a.gateway == b.gateway;
}

TimePoint end_of(const netlink::Route& route, TimePoint now) {
  if (route.lifetime_seconds == netlink::Route::kNoLimit) return kNever;
  return now + std::chrono::seconds(route.lifetime_seconds);
}

}  // namespace

bool same_end(TimePoint a, TimePoint b) {
  if (a == kNever || b == kNever) return a == b;
  return std::abs((a - b).count()) <= kSameEndMs;
}

bool is_of_interest(const netlink::Route& route) {
  if (route.type != netlink::kTypeUnicast) return false;
  if (route.protocol == netlink::kProtocolDhcp || route.protocol == netlink::kProtocolOurs) return true;
  return route.table == netlink::kTableMain && route.protocol == netlink::kProtocolRouter;
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
    if (routes_.rows[i].value.value.link == index) routes_.rows.erase(i);
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

Update Present::set_route(const netlink::Route& route, TimePoint now) {
  if (!is_of_interest(route) || find_link(route.link) == nullptr) return Update::Same;
  TimePoint end = end_of(route, now);
  netlink::Route value = route;
  value.lifetime_seconds = netlink::Route::kNoLimit;  // the end counts, not how far it was when it was told
  for (auto& row : routes_.rows) {
    PresentRoute& present = row.value;
    if (!same_key(present.value, value)) continue;
    row.seen = true;
    if (present.value == value && same_end(present.valid_until, end)) return Update::Same;
    present.value = value;
    present.valid_until = end;
    return Update::Changed;
  }
  if (routes_.rows.push_back({{.value = value, .since = now, .valid_until = end}, true})) return Update::Added;
  ++left_out_;
  return Update::Full;
}

bool Present::remove_route(const netlink::Route& route) {
  for (size_t i = 0; i < routes_.rows.size(); ++i) {
    if (!same_key(routes_.rows[i].value.value, route)) continue;
    routes_.rows.erase(i);
    return true;
  }
  return false;
}

Update Present::set_rule(const netlink::Rule& rule) {
  if (rule.protocol != netlink::kProtocolOurs) return Update::Same;
  for (auto& row : rules_.rows) {
    if (!(row.value == rule)) continue;
    row.seen = true;
    return Update::Same;
  }
  if (rules_.rows.push_back({rule, true})) return Update::Added;
  ++left_out_;
  return Update::Full;
}

bool Present::remove_rule(const netlink::Rule& rule) {
  for (size_t i = 0; i < rules_.rows.size(); ++i) {
    if (!(rules_.rows[i].value == rule)) continue;
    rules_.rows.erase(i);
    return true;
  }
  return false;
}

bool Present::has_rule(const netlink::Rule& rule) const {
  for (const auto& row : rules_.rows)
    if (row.value == rule) return true;
  return false;
}

void Present::begin_dump(netlink::Table table) {
  switch (table) {
    case netlink::Table::Links: links_.begin(); return;
    case netlink::Table::Addresses: addresses_.begin(); return;
    case netlink::Table::Routes: routes_.begin(); return;
    case netlink::Table::Rules: rules_.begin(); return;
    case netlink::Table::RouterFlags: return;  // kept by whom it concerns
  }
}

}  // namespace ck::netconf
