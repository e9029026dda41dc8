// SPDX-License-Identifier: MIT
#include "engine/netconf/pace.h"

#include <gtest/gtest.h>

namespace ck::netconf {
namespace {

TEST(NetconfPace, ABurstGoesThroughAtOnce) {
  Pace pace;
  TimePoint now = from_ms(5000);
  for (int i = 0; i < Pace::kBurst; ++i) EXPECT_TRUE(pace.take(now));
  EXPECT_FALSE(pace.take(now));
}

TEST(NetconfPace, AFloodIsHeldToTheInterval) {
  Pace pace;
  int taken = 0;
  for (int64_t ms = 0; ms < 60'000; ++ms)
    if (pace.take(from_ms(ms))) ++taken;
  EXPECT_NEAR(taken, Pace::kBurst + 60'000 / Pace::kInterval.count(), 1);
}

TEST(NetconfPace, NextIsWhenItMayBeDoneAgain) {
  Pace pace;
  TimePoint now = from_ms(5100);
  while (pace.take(now)) {
  }
  EXPECT_GT(pace.next(), now);
  EXPECT_LE(pace.next() - now, Pace::kInterval);
  EXPECT_FALSE(pace.take(pace.next() - 1ms));
  EXPECT_TRUE(pace.take(pace.next()));
}

TEST(NetconfPace, RestFillsNoMoreThanABurst) {
  Pace pace;
  (void)pace.take(from_ms(0));
  TimePoint later = from_ms(1'000'000'000);
  int taken = 0;
  while (pace.take(later)) ++taken;
  EXPECT_EQ(taken, Pace::kBurst);
}

}  // namespace
}  // namespace ck::netconf
