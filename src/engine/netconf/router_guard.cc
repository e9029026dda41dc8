// SPDX-License-Identifier: MIT
#include "engine/netconf/router_guard.h"

#include <algorithm>

#include "wire/netlink/constants.h"

namespace ck::netconf {

RouterGuard::Row* RouterGuard::find(uint32_t link) {
  for (Row& row : rows_)
    if (row.link == link) return &row;
  return nullptr;
}

RouterGuard::Row* RouterGuard::find_or_add(uint32_t link) {
  if (Row* row = find(link)) return row;
  return rows_.push_back({.link = link, .began = from_ms(0)}) ? &rows_.back() : nullptr;
}

RouterGuard::Verdict RouterGuard::count(uint32_t link, TimePoint now) {
  Row* row = find_or_add(link);
  if (row == nullptr) return Verdict::Fine;
  ++row->standing;
  if (row->until != kNever) return Verdict::Fine;  // what was on its way; it is pruned with the rest
  if (now - row->began > kWindow) {
    row->began = now;
    row->routes = 0;
  }
  if (++row->routes > kMostNewRoutes) {
    row->until = now + kPause;
    return Verdict::Ignore;
  }
  return row->standing > kMostStandingRoutes ? Verdict::Prune : Verdict::Fine;
}

void RouterGuard::count_gone(uint32_t link) {
  if (Row* row = find(link); row != nullptr && row->standing > 0) --row->standing;
}

void RouterGuard::begin_dump() {
  for (Row& row : rows_) row.standing = 0;
}

void RouterGuard::count_standing(uint32_t link) {
  if (Row* row = find_or_add(link)) ++row->standing;
}

bool RouterGuard::is_over(uint32_t link) const {
  for (const Row& row : rows_)
    if (row.link == link) return row.standing > kMostStandingRoutes;
  return false;
}

void RouterGuard::forget_link(uint32_t link) {
  for (size_t i = rows_.size(); i-- > 0;)
    if (rows_[i].link == link) rows_.erase(i);
}

TimePoint RouterGuard::next_end() const {
  TimePoint end = kNever;
  for (const Row& row : rows_) end = std::min(end, row.until);
  return end;
}

uint32_t RouterGuard::take_ended(TimePoint now) {
  for (Row& row : rows_) {
    if (row.until > now) continue;
    row.until = kNever;
    row.routes = 0;
    return row.link;
  }
  return 0;
}

bool is_made_by_router(const netlink::Route& route) {
  if (route.destination.address.family != Family::V6 || route.table != netlink::kTableMain) return false;
  if (route.protocol == netlink::kProtocolRouter) return true;
  return route.protocol == netlink::kProtocolKernel && route.type == netlink::kTypeUnicast && !route.gateway &&
         route.destination.length < 128 && !route.destination.address.is_link_local();
}

bool is_to_be_pruned(const netlink::Route& route, const Present& present) {
  if (!is_made_by_router(route)) return false;
  if (route.protocol == netlink::kProtocolKernel) {
    for (const auto& row : present.addresses())
      if (row.value.value.link == route.link && route.destination.contains(row.value.value.prefix.address))
        return false;
    return true;
  }
  // Rows stand in the order in which they came; one that found no room there came last.
  bool router = route.destination.length == 0;
  size_t most = router ? RouterGuard::kMostRouters : RouterGuard::kMostRoutes, before = 0;
  for (const auto& row : present.routes()) {
    const netlink::Route& other = row.value.value;
    if (other.link != route.link || other.protocol != netlink::kProtocolRouter) continue;
    if ((other.destination.length == 0) != router) continue;
    if (other.destination == route.destination && other.gateway == route.gateway && other.metric == route.metric)
      return before >= most;
    ++before;
  }
  return before >= most;
}

}  // namespace ck::netconf
