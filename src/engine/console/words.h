// SPDX-License-Identifier: MIT
// Times as people read them: how long, when, in what time.
#pragma once

#include "base/fixed.h"
#include "base/time.h"
#include "wire/timezone/zone.h"

namespace ck::console {

using Words = FixedString<40>;

Words uptime_words(TimePoint now);  // "0:03:12", "12 days 0:03:12"
Words span_words(Duration span);    // "45 s", "29 min", "23 h", "5 days"
// "2026-11-23 14:05:23 UTC", "14:05:23 UTC"; in another zone its time and name.
Words clock_words(int64_t utc_seconds, const timezone::Zone& zone = {});
Words time_of_day_words(int64_t utc_seconds, const timezone::Zone& zone = {});
Words mebibyte_words(uint64_t kib);  // "9.1"

// The moment `then` by the wall clock, "14:05:23 UTC"; with its date when that is another day; by uptime while the
// clock was not set.
Words moment_words(TimePoint then, TimePoint now, int64_t utc_ms, const timezone::Zone& zone = {});

// A clock before this was never set: 2024-01-01, in milliseconds.
inline constexpr int64_t kEarliestClock = 1704067200'000;

}  // namespace ck::console
