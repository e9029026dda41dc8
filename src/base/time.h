// SPDX-License-Identifier: MIT
// Time as a value. A TimePoint is milliseconds of CLOCK_BOOTTIME; only sys/clock.h reads the clock, everything else is
// handed `now`. So engines run under virtual time.
#pragma once

#include <chrono>
#include <cstdint>

namespace ck {

using Duration = std::chrono::duration<int64_t, std::milli>;

// Tag of the boot-time clock. It has no now() on purpose.
struct BootClock {
  using rep = int64_t;
  using period = std::milli;
  using duration = Duration;
  using time_point = std::chrono::time_point<BootClock, Duration>;
  static constexpr bool is_steady = true;
};

using TimePoint = BootClock::time_point;

inline constexpr TimePoint kNever = TimePoint::max();

constexpr int64_t to_ms(TimePoint time) { return time.time_since_epoch().count(); }
constexpr TimePoint from_ms(int64_t ms) { return TimePoint(Duration(ms)); }

using namespace std::chrono_literals;  // NOLINT: 250ms, 30s read as what they are in every layer

}  // namespace ck
