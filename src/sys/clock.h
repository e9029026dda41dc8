// SPDX-License-Identifier: MIT
// The clocks, read here and nowhere else.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace ck::sys {

// CLOCK_BOOTTIME.
TimePoint now();
// Milliseconds since 1970 in UTC (CLOCK_REALTIME).
int64_t utc_ms();

}  // namespace ck::sys
