// SPDX-License-Identifier: MIT
#include "sys/clock.h"

#include <sys/timex.h>

#include <ctime>

#include "sys/errno.h"

namespace ck::sys {

TimePoint now() {
  timespec time{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &time);
  return from_ms(static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000);
}

void sleep_for(Duration time) {
  timespec left{.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
  (void)retry([&] { return ::nanosleep(&left, &left); });
}

int64_t utc_ms() {
  timespec time{};
  (void)::clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

Micros utc() {
  timespec time{};
  (void)::clock_gettime(CLOCK_REALTIME, &time);
  return Micros(static_cast<int64_t>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000);
}

Result<void> step_utc(Micros by) {
  int64_t to = (utc() + by).count();
  if (to < 0) return fail(Code::System, "clock_settime", EINVAL);
  timespec time{.tv_sec = to / 1'000'000, .tv_nsec = to % 1'000'000 * 1000};
  if (::clock_settime(CLOCK_REALTIME, &time) != 0) return last_error("clock_settime");
  return {};
}

Result<void> slew_utc(Micros by) {
  timex request{};
  request.modes = ADJ_OFFSET_SINGLESHOT;
  request.offset = by.count();
  if (::adjtimex(&request) < 0) return last_error("adjtimex");
  return {};
}

}  // namespace ck::sys
