// SPDX-License-Identifier: MIT
// Holds routers to a measure. The kernel bounds the addresses that advertisements make, but not the routes: a flood of
// forged advertisements with ever new prefixes and routers would fill a small machine's memory in seconds, a trickle of
// them in hours. So routes are counted; when a link gets too many in a while, advertisements on it are to be ignored
// for a pause, and what they left behind is to be pruned; when too many stand, they are to be pruned. What came first
// is kept.
#pragma once

#include <cstdint>

#include "base/fixed.h"
#include "base/time.h"
#include "engine/netconf/present.h"

namespace ck::netconf {

class RouterGuard {
 public:
  static constexpr unsigned kMostNewRoutes = 64;       // of one link within kWindow; a network has a handful
  static constexpr unsigned kMostStandingRoutes = 64;  // of one link
  static constexpr Duration kWindow = 10s;
  static constexpr Duration kPause = 30s;
  static constexpr size_t kMostRouters = 4;  // default routes that outlive a flood, of one link
  static constexpr size_t kMostRoutes = 8;   // more specific ones

  enum class Verdict : uint8_t { Fine, Prune, Ignore };
  // A route that an advertisement made is new. Prune: too many stand. Ignore: too many came; prune, and from now on
  // heed no advertisement, until the time of next_end().
  Verdict count(uint32_t link, TimePoint now);
  // Such a route is gone.
  void count_gone(uint32_t link);
  // All of them are read: begin, then each of them, which is no news. Too many may stand then, too.
  void begin_dump();
  void count_standing(uint32_t link);
  bool is_over(uint32_t link) const;
  void forget_link(uint32_t link);

  TimePoint next_end() const;
  // A link whose pause is over, and it is so no more; 0 when there is none.
  uint32_t take_ended(TimePoint now);

 private:
  struct Row {
    uint32_t link = 0;
    TimePoint began;
    unsigned routes = 0;       // new since then
    unsigned standing = 0;     // of the kernel's now
    TimePoint until = kNever;  // not kNever: ignored until then
  };
  Row* find(uint32_t link);
  Row* find_or_add(uint32_t link);
  FixedVector<Row, kMaxLinks> rows_;
};

// Made by an advertisement: a router's default route, a more specific one, or the route of a prefix on the link.
bool is_made_by_router(const netlink::Route& route);

// Whether the guard takes it away after a flood: all but the oldest few, and the prefixes of addresses that we have.
bool is_to_be_pruned(const netlink::Route& route, const Present& present);

}  // namespace ck::netconf
