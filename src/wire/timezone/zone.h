// SPDX-License-Identifier: MIT
// A time zone as POSIX writes it in TZ (POSIX 8.3, RFC 8536 3.3.1): "CET-1CEST,M3.5.0,M10.5.0/3", "<+0530>-5:30"; or as
// people write an offset from UTC: "+01:00"; or "UTC". In POSIX's form an offset counts what is to be added to get UTC,
// so west is positive; in the other, east is. Summer time needs its two rules: what holds without them is nobody's to
// guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fixed.h"

namespace ck::timezone {

using Name = FixedString<8>;  // "CET"; at least three characters

// The day of a year on which time changes, and when on that day.
struct Change {
  enum class Kind : uint8_t { Julian, DayOfYear, WeekdayOfMonth };
  Kind kind = Kind::Julian;
  uint16_t day = 1;   // Julian: 1 to 365, 29 February never counted; DayOfYear: 0 to 365, always; else 0 (Sunday) to 6
  uint8_t month = 0;  // 1 to 12
  uint8_t week = 0;   // 1 to 5, 5: the last
  int32_t time = 7'200;  // seconds after midnight by the time that holds until then, -167 h to 167 h
};

struct Half {
  Name name = "UTC";
  int32_t east = 0;  // seconds to add to UTC
};

struct Zone {
  Half standard;
  bool has_summer = false;
  Half summer;
  Change begin;  // of summer time
  Change end;
};

// Nothing: it is no such text.
std::optional<Zone> parse_zone(std::string_view text);

// What holds at a moment, in seconds since 1970 UTC.
const Half& at(const Zone& zone, int64_t utc_seconds);

}  // namespace ck::timezone
