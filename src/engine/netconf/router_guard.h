// SPDX-License-Identifier: MIT
// Holds routers to a measure. The kernel bounds the addresses that advertisements make, but not the routes: a flood of
// forged advertisements with ever new prefixes and routers would fill a small machine's memory in seconds. So new
// routes are counted; when a link gets too many in a while, advertisements on it are to be ignored for a pause, and
// what they left behind is to be pruned. What stood before the flood is kept.
#pragma once

#include <cstdint>

#include "base/fixed.h"
#include "base/time.h"
#include "engine/netconf/present.h"

namespace ck::netconf {

class RouterGuard {
 public:
  static constexpr unsigned kMostNewRoutes = 64;  // of one link within kWindow; a network has a handful
  static constexpr Duration kWindow = 10s;
  static constexpr Duration kPause = 30s;
  static constexpr size_t kMostRouters = 4;  // default routes that outlive a flood, of one link
  static constexpr size_t kMostRoutes = 8;   // more specific ones

  enum class Verdict : uint8_t { Fine, Ignore };
  // A route that an advertisement made is new. Ignore: from now on, until the time of next_end().
  Verdict count(uint32_t link, TimePoint now);
  void forget_link(uint32_t link);

  TimePoint next_end() const;
  // A link whose pause is over, and it is so no more; 0 when there is none.
  uint32_t take_ended(TimePoint now);
  bool is_ignored(uint32_t link) const;

 private:
  struct Row {
    uint32_t link = 0;
    TimePoint began;
    unsigned routes = 0;
    TimePoint until = kNever;  // not kNever: ignored until then
  };
  FixedVector<Row, kMaxLinks> rows_;
};

// Made by an advertisement: a router's default route, a more specific one, or the route of a prefix on the link.
bool is_made_by_router(const netlink::Route& route);

// Whether the guard takes it away after a flood: all but the oldest few, and the prefixes of addresses that we have.
bool is_to_be_pruned(const netlink::Route& route, const Present& present);

}  // namespace ck::netconf
