// SPDX-License-Identifier: MIT
// A token bucket: at most `burst` at once, one more each `interval`. What was refused is counted, so that the next line
// that may be logged can say how many were left out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/time.h"

namespace ck::gateway {

class RateLimit {
 public:
  constexpr RateLimit(uint32_t burst, Duration interval) : burst_(burst), interval_(interval), tokens_(burst) {}

  bool allow(TimePoint now) {
    if (now > last_) {
      int64_t gained = (now - last_) / interval_;
      tokens_ = static_cast<uint32_t>(std::min<int64_t>(burst_, tokens_ + gained));
      last_ += interval_ * gained;
      if (tokens_ == burst_) last_ = now;
    }
    if (tokens_ == 0) {
      ++refused_;
      return false;
    }
    --tokens_;
    return true;
  }
  // How many were refused since the last call of this.
  uint32_t take_refused() { return std::exchange(refused_, 0); }

 private:
  uint32_t burst_;
  Duration interval_;
  uint32_t tokens_;
  TimePoint last_{};
  uint32_t refused_ = 0;
};

}  // namespace ck::gateway
