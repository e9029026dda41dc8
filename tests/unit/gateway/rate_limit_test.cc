// SPDX-License-Identifier: MIT
#include "engine/gateway/rate_limit.h"

#include <gtest/gtest.h>

namespace ck::gateway {
namespace {

TEST(RateLimit, ABurstThenOneEachInterval) {
  RateLimit limit(3, 100ms);
  TimePoint now = from_ms(1'000'000);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.allow(now));
  EXPECT_FALSE(limit.allow(now));
  EXPECT_FALSE(limit.allow(now + 99ms));
  EXPECT_TRUE(limit.allow(now + 100ms));
  EXPECT_FALSE(limit.allow(now + 150ms));
  EXPECT_EQ(limit.take_refused(), 3u);
  EXPECT_EQ(limit.take_refused(), 0u);
}

TEST(RateLimit, AnHourOfFloodIsBounded) {
  RateLimit limit(20, 250ms);
  TimePoint begin = from_ms(5000);
  int allowed = 0;
  for (TimePoint now = begin; now < begin + 3600s; now += 7ms) allowed += limit.allow(now);
  EXPECT_GE(allowed, 4 * 3600);
  EXPECT_LE(allowed, 4 * 3600 + 20);
}

}  // namespace
}  // namespace ck::gateway
