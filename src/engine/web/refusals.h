// SPDX-License-Identifier: MIT
// What the log says of connections from networks that are not served: at most a line a minute, whoever knocks how
// often.
#pragma once

#include "base/addresses.h"
#include "base/text.h"
#include "engine/gateway/rate_limit.h"

namespace ck::web {

class Refusals {
 public:
  // One more. Whether it is to be logged; then the line is in `line`: "192.0.2.7: refused: not among web.sources (3
  // since the last such line)", itself included.
  bool count(const IpAddress& address, TimePoint now, TextWriter& line) {
    if (!limit_.allow(now)) return false;
    line.put(to_text(address)).put(": refused: not among web.sources");
    if (uint32_t left_out = limit_.take_refused())
      line.put(" (").number(left_out + 1).put(" since the last such line)");
    return true;
  }

 private:
  gateway::RateLimit limit_{1, 60s};
};

}  // namespace ck::web
