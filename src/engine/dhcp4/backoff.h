// SPDX-License-Identifier: MIT
// How long to wait before sending again: a first wait, doubled each time up to a cap, each with random jitter, so that
// machines that lost the same packet do not ask in step (RFC 2131 4.1). One object serves one exchange.
#pragma once

#include <algorithm>

#include "base/random.h"
#include "base/time.h"

namespace ck::dhcp4 {

class Backoff {
 public:
  // The first wait is between `first` / 2 and `first`; no wait is longer than `cap`.
  constexpr Backoff(Duration first, Duration cap) : next_(first), cap_(cap) {}

  Duration next(RandomSource& random) {
    Duration longest = std::min(next_, cap_);
    next_ = std::min(next_ * 2, cap_);
    ++count_;
    return Duration(random.between(longest.count() / 2, longest.count()));
  }
  // How many waits were handed out, that is, how often something was sent.
  unsigned count() const { return count_; }

 private:
  Duration next_;
  Duration cap_;
  unsigned count_ = 0;
};

}  // namespace ck::dhcp4
