// SPDX-License-Identifier: MIT
// A moment on both clocks, read one right after the other: the one that only runs, and the one that is to be set.
#pragma once

#include "base/time.h"
#include "base/utc.h"

namespace ck::timekeeping {

struct Instant {
  TimePoint now;
  Micros utc{};  // what the machine takes the time to be
};

}  // namespace ck::timekeeping
