// SPDX-License-Identifier: MIT
#include "engine/netconf/router_guard.h"

#include <algorithm>

#include "wire/netlink/constants.h"

namespace ck::netconf {

RouterGuard::Verdict RouterGuard::count(uint32_t link, TimePoint now) {
  Row* row = nullptr;
  for (Row& other : rows_)
    if (other.link == link) row = &other;
  if (row == nullptr) {
    if (!rows_.push_back({.link = link, .began = now})) return Verdict::Fine;
    row = &rows_.back();
  }
  if (row->until != kNever) return Verdict::Fine;  // what was on its way; it is pruned with the rest
  if (now - row->began > kWindow) {
    row->began = now;
    row->routes = 0;
  }
  if (++row->routes <= kMostNewRoutes) return Verdict::Fine;
  row->until = now + kPause;
  return Verdict::Ignore;
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
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].until > now) continue;
    uint32_t link = rows_[i].link;
    rows_.erase(i);
    return link;
  }
  return 0;
}

bool RouterGuard::is_ignored(uint32_t link) const {
  for (const Row& row : rows_)
    if (row.link == link) return row.until != kNever;
  return false;
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
  // Rows stand in the order in which they came.
  bool router = route.destination.length == 0;
  size_t before = 0;
  for (const auto& row : present.routes()) {
    const netlink::Route& other = row.value.value;
    if (other.link != route.link || other.protocol != netlink::kProtocolRouter) continue;
    if ((other.destination.length == 0) != router) continue;
    if (other.destination == route.destination && other.gateway == route.gateway && other.metric == route.metric)
      return before >= (router ? RouterGuard::kMostRouters : RouterGuard::kMostRoutes);
    ++before;
  }
  return true;
}

}  // namespace ck::netconf
