// SPDX-License-Identifier: MIT
// How long something still lasts, as the log says it.
#pragma once

#include "base/fixed.h"
#include "base/text.h"
#include "base/time.h"

namespace ck::netd {

// "1800 s", or "for ever".
inline FixedString<24> span_text(TimePoint until, TimePoint now) {
  if (until == kNever) return "for ever";
  char buffer[24];
  TextWriter out(buffer);
  int64_t seconds = (until - now).count() / 1000;
  out.number(static_cast<uint64_t>(seconds > 0 ? seconds : 0)).put(" s");
  return FixedString<24>(out.view());
}

}  // namespace ck::netd
