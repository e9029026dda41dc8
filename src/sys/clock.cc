// SPDX-License-Identifier: MIT
#include "sys/clock.h"

#include <ctime>

namespace ck::sys {

TimePoint now() {
  timespec time{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &time);
  return from_ms(static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000);
}

int64_t utc_ms() {
  timespec time{};
  (void)::clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace ck::sys
