// SPDX-License-Identifier: MIT
// How long something took, counted in fixed buckets: what a Prometheus histogram of seconds is made of. A bucket's
// bound belongs to it; what is longer than the last bound is counted in the total alone.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/time.h"

namespace ck::gateway {

class LatencyHistogram {
 public:
  static constexpr std::array<Duration, 12> kBounds = {1ms,   2ms,   5ms,   10ms,   20ms,   50ms,
                                                       100ms, 200ms, 500ms, 1000ms, 2000ms, 5000ms};

  // What a clock that stood still or went back makes of it counts as nothing.
  void observe(Duration took) {
    took = std::max(took, Duration(0));
    auto bound = std::ranges::lower_bound(kBounds, took);
    ++counts_[static_cast<size_t>(bound - kBounds.begin())];
    sum_ += took;
  }
  Duration sum() const { return sum_; }
  uint64_t count() const { return cumulative(kBounds.size()); }
  // How many took at most kBounds[bucket]; all of them, for the index behind the last bound (+Inf).
  uint64_t cumulative(size_t bucket) const {
    uint64_t total = 0;
    for (size_t i = 0; i <= std::min(bucket, kBounds.size()); ++i) total += counts_[i];
    return total;
  }

 private:
  std::array<uint64_t, kBounds.size() + 1> counts_{};
  Duration sum_{0};
};

}  // namespace ck::gateway
