// SPDX-License-Identifier: MIT
// How often the report may be made anew: a handful at once, so that nothing waits while a machine boots, then one each
// kInterval, so that a flood of router advertisements does not keep every reader of the report busy.
#pragma once

#include "base/time.h"

namespace ck::netconf {

class Pace {
 public:
  static constexpr int64_t kBurst = 16;
  static constexpr Duration kInterval = 250ms;

  // Whether it may be done now, and if so counts it.
  bool take(TimePoint now) {
    int64_t earned = (now - refilled_) / kInterval;
    if (earned > 0) {
      tokens_ = tokens_ + earned < kBurst ? tokens_ + earned : kBurst;
      refilled_ += earned * kInterval;
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }
  // After take() said no: when it will say yes.
  TimePoint next() const { return refilled_ + kInterval; }

 private:
  int64_t tokens_ = kBurst;
  TimePoint refilled_ = from_ms(0);
};

}  // namespace ck::netconf
