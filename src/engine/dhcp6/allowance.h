// SPDX-License-Identifier: MIT
// How many messages a client may send, whatever drives it (RFC 9915 14.1): twenty at once, and one more each second.
// It is for loops that nobody thought of, between a client, its servers and its routers; in none that is known is it
// ever used up.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace ck::dhcp6 {

inline constexpr unsigned kMostAtOnce = 20;
inline constexpr Duration kAllowanceStep = 1s;

class Allowance {
 public:
  // False: not now, but at next().
  bool take(TimePoint now) {
    if (full_at_ - now > (kMostAtOnce - 1) * kAllowanceStep) return false;
    full_at_ = std::max(full_at_, now) + kAllowanceStep;
    return true;
  }
  TimePoint next() const { return full_at_ - (kMostAtOnce - 1) * kAllowanceStep; }

 private:
  TimePoint full_at_ = from_ms(0);  // when all of it is there again
};

}  // namespace ck::dhcp6
