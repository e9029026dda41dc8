// SPDX-License-Identifier: MIT
#include "engine/console/words.h"

#include <gtest/gtest.h>

namespace ck::console {
namespace {

TEST(Words, Uptime) {
  EXPECT_EQ(uptime_words(from_ms(0)), "0:00:00");
  EXPECT_EQ(uptime_words(from_ms(192'999)), "0:03:12");
  EXPECT_EQ(uptime_words(from_ms(86'400'000 + 1000)), "1 day 0:00:01");
  EXPECT_EQ(uptime_words(from_ms(400ll * 86'400'000)), "400 days 0:00:00");
  EXPECT_EQ(uptime_words(from_ms(-5)), "0:00:00");
}

TEST(Words, SpansAreRoundedDownToTheirUnit) {
  struct {
    Duration span;
    const char* words;
  } cases[] = {{-5s, "0 s"},        {0s, "0 s"},     {119s, "119 s"}, {120s, "2 min"}, {30min, "30 min"},
               {119min, "119 min"}, {120min, "2 h"}, {47h, "47 h"},   {48h, "2 days"}};
  for (const auto& entry : cases) EXPECT_EQ(span_words(entry.span), entry.words);
}

TEST(Words, CalendarDates) {
  EXPECT_EQ(clock_words(0), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(clock_words(951782400), "2000-02-29 00:00:00 UTC");
  EXPECT_EQ(clock_words(1795442723), "2026-11-23 14:05:23 UTC");
  EXPECT_EQ(clock_words(-1), "1969-12-31 23:59:59 UTC");
}

TEST(Words, MomentsNameTheirDayWhenItIsAnother) {
  int64_t utc = 1795442723'000;
  EXPECT_EQ(moment_words(from_ms(9'000), from_ms(10'000), utc), "14:05:22 UTC");
  EXPECT_EQ(moment_words(from_ms(0), from_ms(86'400'000), utc), "2026-11-22 14:05:23 UTC");
  EXPECT_EQ(moment_words(from_ms(61'000), from_ms(100'000), 0), "0:01:01 after boot");
}

TEST(Words, AnotherZoneHasItsOwnDays) {
  auto zone = timezone::parse_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(zone);
  EXPECT_EQ(clock_words(1795442723, *zone), "2026-11-23 15:05:23 CET");
  EXPECT_EQ(time_of_day_words(1782864000, *zone), "02:00:00 CEST");
  // 23:30 UTC is the next day there.
  int64_t late = (int64_t{1795442723} / 86400 * 86400 + 84600) * 1000;
  EXPECT_EQ(moment_words(from_ms(0), from_ms(10'000), late, *zone), "00:29:50 CET");
  EXPECT_EQ(moment_words(from_ms(0), from_ms(3'600'000), late, *zone), "2026-11-23 23:30:00 CET");
}

TEST(Words, MomentsDoNotWaverWithinASecond) {
  for (int ms = 0; ms < 3000; ++ms)
    ASSERT_EQ(moment_words(from_ms(5'500), from_ms(10'000 + ms), 1795442723'000 + ms), "14:05:18 UTC");
}

TEST(Words, MemoryInTenths) {
  EXPECT_EQ(mebibyte_words(0), "0.0");
  EXPECT_EQ(mebibyte_words(9318), "9.1");
  EXPECT_EQ(mebibyte_words(1024 * 1024), "1024.0");
}

}  // namespace
}  // namespace ck::console
