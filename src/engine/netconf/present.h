// SPDX-License-Identifier: MIT
// What the kernel has now, of the links that we manage: links, their addresses, and the routes and rules that matter
// (routes from router advertisements and everything that we set). It is fed with every netlink notification, and with
// dumps: whatever a dump does not show again is gone, so one dump heals any number of lost notifications.
// Capacities are fixed; what exceeds them is left out and counted.
#pragma once

#include <cstdint>

#include "base/fixed.h"
#include "base/time.h"
#include "wire/netlink/requests.h"
#include "wire/netlink/values.h"

namespace ck::netconf {

inline constexpr size_t kMaxLinks = 16;
inline constexpr size_t kMaxAddresses = 128;
inline constexpr size_t kMaxRoutes = 256;
inline constexpr size_t kMaxRules = 64;

struct PresentAddress {
  netlink::Address value;
  TimePoint since;
  TimePoint valid_until;  // kNever: for ever
};

struct PresentRoute {
  netlink::Route value;
  TimePoint since;
  TimePoint valid_until;
};

// Ends of lifetimes nearer than two seconds to each other are the same end: the kernel counts in whole seconds.
bool same_end(TimePoint a, TimePoint b);

enum class Update : uint8_t { Same, Changed, Added, Full };

// Rows with a mark: begin() clears the marks, touching a row sets it, end() drops rows without.
template <typename T, size_t N>
struct Marked {
  struct Row {
    T value;
    bool seen = false;
  };
  FixedVector<Row, N> rows;

  void begin() {
    for (Row& row : rows) row.seen = false;
  }
  // Calls gone(value) for each row that was not touched since begin(), and drops it.
  template <typename Gone>
  bool end(Gone gone) {
    size_t before = rows.size();
    for (size_t i = rows.size(); i-- > 0;) {
      if (rows[i].seen) continue;
      T value = rows[i].value;
      rows.erase(i);
      gone(value);
    }
    return rows.size() != before;
  }
};

class Present {
 public:
  Update set_link(const netlink::Link& link);
  // Drops the link and all that stands on it. False when it was not there.
  bool remove_link(uint32_t index);
  const netlink::Link* find_link(uint32_t index) const;

  // Addresses and routes of links that are not in the table are not kept: Same.
  Update set_address(const netlink::Address& address, TimePoint now);
  bool remove_address(const netlink::Address& address);
  Update set_route(const netlink::Route& route, TimePoint now);
  bool remove_route(const netlink::Route& route);
  // Rules that are not ours are not kept.
  Update set_rule(const netlink::Rule& rule);
  bool remove_rule(const netlink::Rule& rule);
  bool has_rule(const netlink::Rule& rule) const;

  void begin_dump(netlink::Table table);
  // Drops what was not set since begin_dump(); true when there was something. A link takes all with it that stands on
  // it, and gone(index) is called for it.
  template <typename Gone>
  bool end_link_dump(Gone gone) {
    FixedVector<uint32_t, kMaxLinks> lost;
    links_.end([&](const netlink::Link& link) { (void)lost.push_back(link.index); });
    for (uint32_t index : lost) {
      (void)remove_link(index);
      gone(index);
    }
    return !lost.empty();
  }
  bool end_address_dump() {
    return addresses_.end([](const PresentAddress&) {});
  }
  bool end_route_dump() {
    return routes_.end([](const PresentRoute&) {});
  }
  bool end_rule_dump() {
    return rules_.end([](const netlink::Rule&) {});
  }

  const auto& links() const { return links_.rows; }
  const auto& addresses() const { return addresses_.rows; }
  const auto& routes() const { return routes_.rows; }
  const auto& rules() const { return rules_.rows; }
  uint32_t left_out() const { return left_out_; }

 private:
  Marked<netlink::Link, kMaxLinks> links_;
  Marked<PresentAddress, kMaxAddresses> addresses_;
  Marked<PresentRoute, kMaxRoutes> routes_;
  Marked<netlink::Rule, kMaxRules> rules_;
  uint32_t left_out_ = 0;
};

// A route that is worth keeping: ours, or a router's.
bool is_of_interest(const netlink::Route& route);

}  // namespace ck::netconf
