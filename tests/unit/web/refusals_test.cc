// SPDX-License-Identifier: MIT
#include "engine/web/refusals.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::web {
namespace {

TEST(WebRefusals, ALineAMinuteSaysHowManyThereWere) {
  struct Case {
    TimePoint at;
    const char* address;
    const char* line;
  };
  const TimePoint start = from_ms(5'000);
  const Case cases[] = {
      {start, "198.51.100.7", "198.51.100.7: refused: not among web.sources"},
      {start, "198.51.100.7", ""},
      {start + 59s, "100.64.0.9", ""},
      {start + 60s, "2001:db8::9", "2001:db8::9: refused: not among web.sources (3 since the last such line)"},
      {start + 61s, "198.51.100.7", ""},
      // Also when nobody came for long, and one alone is not counted.
      {start + 1000s, "198.51.100.7", "198.51.100.7: refused: not among web.sources (2 since the last such line)"},
      {start + 2000s, "198.51.100.8", "198.51.100.8: refused: not among web.sources"},
      {start + 2001s, "198.51.100.8", ""},
  };
  Refusals refusals;
  for (const Case& one : cases) {
    char buffer[128];
    TextWriter line(buffer);
    bool said = refusals.count(*parse_ip(one.address), one.at, line);
    EXPECT_EQ(line.view(), one.line) << to_ms(one.at);
    EXPECT_EQ(said, !line.view().empty());
  }
}

TEST(WebRefusals, AFloodIsALineAMinute) {
  Refusals refusals;
  unsigned lines = 0;
  for (TimePoint now = from_ms(0); now < from_ms(600'000); now += 1ms) {
    char buffer[128];
    TextWriter line(buffer);
    lines += refusals.count(*parse_ip("198.51.100.7"), now, line);
  }
  EXPECT_EQ(lines, 10u);
}

}  // namespace
}  // namespace ck::web
