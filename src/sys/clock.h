// SPDX-License-Identifier: MIT
// The clocks, read and set here and nowhere else.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "base/utc.h"

namespace ck::sys {

// CLOCK_BOOTTIME.
TimePoint now();
// Nothing else goes on in this thread meanwhile: for programs that have no event loop.
void sleep_for(Duration time);
// Since 1970 in UTC (CLOCK_REALTIME).
int64_t utc_ms();
Micros utc();

// Both need CAP_SYS_TIME. Puts UTC forward by so much, at once; a slew that is under way ends. Errors: System (EPERM;
// EINVAL when UTC would be before 1970).
Result<void> step_utc(Micros by);
// Lets UTC run 500 ppm faster or slower until it has been put forward by so much; replaces what was left of the last
// such call. Errors: System.
Result<void> slew_utc(Micros by);

}  // namespace ck::sys
