// SPDX-License-Identifier: MIT
#include "wire/timezone/zone.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace ck::timezone {
namespace {

std::string shown(std::string_view text, int64_t utc_seconds) {
  auto zone = parse_zone(text);
  if (!zone) return "?";
  const Half& half = at(*zone, utc_seconds);
  return std::string(half.name.view()) + " " + std::to_string(half.east);
}

TEST(Zone, OffsetsInBothDirections) {
  EXPECT_EQ(shown("UTC", 0), "UTC 0");
  EXPECT_EQ(shown("UTC0", 0), "UTC 0");
  EXPECT_EQ(shown("+01:00", 0), "+01:00 3600");
  EXPECT_EQ(shown("-03:30", 0), "-03:30 -12600");
  EXPECT_EQ(shown("EST5", 0), "EST -18000") << "POSIX counts to the west";
  EXPECT_EQ(shown("<+0530>-5:30", 0), "+0530 19800");
  EXPECT_EQ(shown("LMT-0:53:28", 0), "LMT 3208");
}

TEST(Zone, WhatIsNoneIsRefused) {
  for (const char* text : {"",
                           "CET",
                           "CE-1",
                           "C3T-1",
                           "<CET-1",
                           "<>-1",
                           "CET-25",
                           "CET-24:00:01",
                           "CET-1:60",
                           "CET-1x",
                           "+1:00",
                           "+01",
                           "+25:00",
                           "+01:000",
                           "+0a:00",
                           "Europe/Berlin",
                           ":CET-1",
                           "CET-1CEST",
                           "CET-1CEST,M3.5.0",
                           "CET-1CEST,M3.5.0,M10.5.0/3,",
                           "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0",
                           "CET-1CEST,M3.5.7,M10.5.0",
                           "CET-1CEST,J0,J365",
                           "CET-1CEST,J366,J1",
                           "CET-1CEST,366,1",
                           "CET-1CEST,M3.5.0/168,M10.5.0",
                           "CET-1CEST,M3..0,M10.5.0",
                           "ABCDEFGHI-1",
                           "CET-1<CES,M3.5.0,M10.5.0",
                           "CET-1 CEST,M3.5.0,M10.5.0",
                           "CET-1CEST,M3.5.0,M10.5.0 "})
    EXPECT_FALSE(parse_zone(text)) << text;
}

TEST(Zone, TheSecondOfTheChange) {
  const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  EXPECT_EQ(shown(berlin, 1774746000 - 1), "CET 3600");  // 2026-03-29 00:59:59 UTC
  EXPECT_EQ(shown(berlin, 1774746000), "CEST 7200");
  EXPECT_EQ(shown(berlin, 1792890000 - 1), "CEST 7200");  // 2026-10-25 00:59:59 UTC
  EXPECT_EQ(shown(berlin, 1792890000), "CET 3600");
}

// The C library of this machine reads the same texts.
TEST(Zone, AgreesWithTheCLibraryAtEveryHalfHourOfThreeYears) {
  const char* texts[] = {"CET-1CEST,M3.5.0,M10.5.0/3",
                         "EST5EDT,M3.2.0,M11.1.0",
                         "AEST-10AEDT,M10.1.0,M4.1.0/3",
                         "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                         "IST-1GMT0,M10.5.0,M3.5.0/1",
                         "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                         "EET-2EEST,M3.4.4/50,M10.4.4/50",
                         "NZST-12NZDT,M9.5.0,M4.1.0/3",
                         "XXX3YYY,J60,J300/4",
                         "XXX-3YYY,59,365/1",
                         "<+05>-5",
                         "NST3:30NDT,M3.2.0,M11.1.0"};
  const char* before = std::getenv("TZ");
  std::string kept = before == nullptr ? "" : before;
  for (const char* text : texts) {
    auto zone = parse_zone(text);
    ASSERT_TRUE(zone) << text;
    ASSERT_EQ(::setenv("TZ", text, 1), 0);
    ::tzset();
    // 2027 to 2029, half an hour at a time and a second before each.
    for (int64_t moment = 1798761600; moment < 1798761600 + 3ll * 366 * 86400; moment += 1800)
      for (int64_t utc : {moment - 1, moment}) {
        std::tm local{};
        time_t seconds = utc;
        ASSERT_NE(::localtime_r(&seconds, &local), nullptr);
        ASSERT_EQ(at(*zone, utc).east, local.tm_gmtoff) << text << " at " << utc;
        ASSERT_EQ(at(*zone, utc).name, local.tm_zone) << text << " at " << utc;
      }
  }
  if (before == nullptr)
    ::unsetenv("TZ");
  else
    ::setenv("TZ", kept.c_str(), 1);
  ::tzset();
}

TEST(Zone, NoMomentIsTooFarAway) {
  for (int64_t utc : {INT64_MIN, INT64_MIN / 2, int64_t{-1}, int64_t{4'000'000'000'000}, INT64_MAX})
    EXPECT_NE(shown("CET-1CEST,M3.5.0,M10.5.0/3", utc), "?");
}

}  // namespace
}  // namespace ck::timezone
