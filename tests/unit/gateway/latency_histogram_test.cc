// SPDX-License-Identifier: MIT
#include "engine/gateway/latency_histogram.h"

#include <gtest/gtest.h>

namespace ck::gateway {
namespace {

TEST(LatencyHistogram, ABoundBelongsToItsBucket) {
  for (size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) {
    LatencyHistogram at;
    at.observe(LatencyHistogram::kBounds[i]);
    LatencyHistogram above;
    above.observe(LatencyHistogram::kBounds[i] + 1ms);
    EXPECT_EQ(at.cumulative(i), 1u) << i;
    if (i > 0) EXPECT_EQ(at.cumulative(i - 1), 0u) << i;
    EXPECT_EQ(above.cumulative(i), 0u) << i;
    EXPECT_EQ(above.cumulative(i + 1), 1u) << i;
  }
}

TEST(LatencyHistogram, CountsAndSumsAll) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.sum(), 0ms);
  for (int64_t ms = 1; ms <= 10'000; ++ms) histogram.observe(Duration(ms));
  EXPECT_EQ(histogram.count(), 10'000u);
  EXPECT_EQ(histogram.sum(), Duration(10'000 * 10'001 / 2));
  for (size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i)
    EXPECT_EQ(histogram.cumulative(i), static_cast<uint64_t>(LatencyHistogram::kBounds[i].count())) << i;
  EXPECT_EQ(histogram.cumulative(LatencyHistogram::kBounds.size()), 10'000u);
  EXPECT_EQ(histogram.cumulative(99), 10'000u);
}

TEST(LatencyHistogram, NothingAndLessThanNothingIsTheFirstBucket) {
  LatencyHistogram histogram;
  histogram.observe(0ms);
  histogram.observe(-5s);
  EXPECT_EQ(histogram.cumulative(0), 2u);
  EXPECT_EQ(histogram.sum(), 0ms);
}

}  // namespace
}  // namespace ck::gateway
