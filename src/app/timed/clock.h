// SPDX-License-Identifier: MIT
// The hand on the clock, as something that tests can replace: they never set the clock of the machine they run on.
#pragma once

#include "base/result.h"
#include "engine/time/instant.h"

namespace ck::timed {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual timekeeping::Instant read() = 0;
  // As sys::step_utc() and sys::slew_utc().
  virtual Result<void> step(Micros by) = 0;
  virtual Result<void> slew(Micros by) = 0;
};

}  // namespace ck::timed
