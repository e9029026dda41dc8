// SPDX-License-Identifier: MIT
// Servers that offered a lease and then did not stand by it. They are remembered for a while, a few of them: when there
// are more, the one that was shunned first is forgotten.
#pragma once

#include "base/addresses.h"
#include "base/fixed.h"
#include "base/time.h"

namespace ck::dhcp4 {

inline constexpr Duration kShunTime = 600s;

class ShunnedServers {
 public:
  void add(Ipv4Address server, TimePoint now) {
    remove(server);
    if (entries_.full()) entries_.erase(0);
    (void)entries_.push_back({server, now + kShunTime});
  }
  void remove(Ipv4Address server) {
    for (size_t i = entries_.size(); i-- > 0;)
      if (entries_[i].server == server) entries_.erase(i);
  }
  void clear() { entries_.clear(); }
  bool contains(Ipv4Address server, TimePoint now) const {
    for (const Entry& entry : entries_)
      if (entry.server == server && now < entry.until) return true;
    return false;
  }

 private:
  struct Entry {
    Ipv4Address server;
    TimePoint until;
  };
  FixedVector<Entry, 4> entries_;
};

}  // namespace ck::dhcp4
