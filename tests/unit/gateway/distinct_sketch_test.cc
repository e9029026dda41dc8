// SPDX-License-Identifier: MIT
#include "engine/gateway/distinct_sketch.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ck::gateway {
namespace {

constexpr TimePoint kStart = from_ms(5'000);
constexpr Duration kDay = 24h;

IpAddress source(uint32_t number) { return Ipv4Address{0x0a000000 + number}; }

DistinctCount exactly(uint32_t sources) { return {sources, Precision::Exact}; }

class DistinctSketchTest : public ::testing::Test {
 protected:
  SeededRandom random_{3};
  DistinctSketch sketch_{random_};
};

TEST_F(DistinctSketchTest, IsExactUpToNinetySix) {
  EXPECT_EQ(sketch_.count(kStart), exactly(0));
  for (uint32_t i = 0; i < DistinctSketch::kExact; ++i) {
    for (int again = 0; again < 3; ++again) sketch_.observe(source(i / 2), kStart);
    sketch_.observe(source(i), kStart);
    EXPECT_EQ(sketch_.count(kStart), exactly(i + 1));
  }
  sketch_.observe(source(5000), kStart);
  EXPECT_EQ(sketch_.count(kStart).precision, Precision::Estimate);
  EXPECT_GE(sketch_.count(kStart).sources, DistinctSketch::kExact);
}

TEST_F(DistinctSketchTest, KnowsAddressesOfBothFamiliesApart) {
  for (const char* address : {"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "::c000:201"})
    sketch_.observe(*parse_ip(address), kStart);
  EXPECT_EQ(sketch_.count(kStart), exactly(5)) << "a mapped address is the IPv4 one";
}

TEST_F(DistinctSketchTest, DaysLeaveOneByOne) {
  for (uint32_t day = 0; day < 20; ++day)
    for (uint32_t i = 0; i < 3; ++i) sketch_.observe(source(3 * day + i), kStart + day * kDay);
  EXPECT_EQ(sketch_.count(kStart + 29 * kDay), exactly(60)) << "the first day is the 29th before";
  for (uint32_t day = 1; day <= 20; ++day)
    EXPECT_EQ(sketch_.count(kStart + (29 + day) * kDay), exactly(60 - 3 * day)) << day;
  EXPECT_EQ(sketch_.count(kStart + 400 * kDay), exactly(0));
}

TEST_F(DistinctSketchTest, WhoComesAgainStays) {
  for (uint32_t day = 0; day < 200; ++day) {
    TimePoint now = kStart + day * kDay;
    sketch_.observe(source(1), now);
    if (day % 30 == 0) sketch_.observe(source(2), now);
    if (day == 0) sketch_.observe(source(3), now);
    EXPECT_EQ(sketch_.count(now), exactly(day < 30 ? 3 : 2)) << day;
  }
}

TEST_F(DistinctSketchTest, IsExactForEverWhereFewCameWithinThirtyDays) {
  for (uint32_t day = 0; day < 1000; ++day) {  // 3000 sources in all, 90 within the days that count
    TimePoint now = kStart + day * kDay;
    for (uint32_t i = 0; i < 3; ++i) sketch_.observe(source(3 * day + i), now);
    EXPECT_EQ(sketch_.count(now), exactly(3 * std::min<uint32_t>(day + 1, 30))) << day;
  }
}

TEST_F(DistinctSketchTest, IsExactAgainWhenTheCrowdHasGone) {
  for (uint32_t i = 0; i < 2000; ++i) sketch_.observe(source(i), kStart);
  for (uint32_t day = 1; day <= 60; ++day) {
    TimePoint now = kStart + day * kDay;
    sketch_.observe(source(10'000 + day % 7), now);
    DistinctCount count = sketch_.count(now);
    if (day < 30) {
      EXPECT_EQ(count.precision, Precision::Estimate) << day;
      EXPECT_NEAR(count.sources, 2000, 600) << day;
    } else {
      EXPECT_EQ(count, exactly(7)) << day;
    }
  }
}

TEST_F(DistinctSketchTest, AClockThatGoesBackChangesNothing) {
  sketch_.observe(source(1), kStart + 50 * kDay);
  sketch_.observe(source(2), kStart);
  EXPECT_EQ(sketch_.count(kStart), exactly(2));
  EXPECT_EQ(sketch_.count(kStart + 80 * kDay), exactly(0));
}

// Over 100 secrets: no bias, the error that is documented, and none far out.
TEST_F(DistinctSketchTest, EstimatesWithinItsError) {
  for (uint32_t sources : {120u, 500u, 1000u, 10'000u}) {
    double sum = 0;
    double squares = 0;
    constexpr int kRuns = 100;
    for (int run = 0; run < kRuns; ++run) {
      SeededRandom random(static_cast<uint64_t>(run));
      DistinctSketch sketch(random);
      for (uint32_t i = 0; i < sources; ++i) sketch.observe(source(i), kStart);
      double error = static_cast<double>(sketch.count(kStart).sources) / sources - 1;
      EXPECT_LT(std::abs(error), 0.3) << sources;
      sum += error;
      squares += error * error;
    }
    EXPECT_LT(std::abs(sum / kRuns), 0.03) << sources;
    EXPECT_LT(std::sqrt(squares / kRuns), 0.085) << sources;
    EXPECT_GT(squares, 0) << sources;
  }
}

TEST_F(DistinctSketchTest, SlidesOverAnEstimateToo) {
  for (uint32_t day = 0; day < 60; ++day)  // 200 new ones a day: 6000 within 30 days
    for (uint32_t i = 0; i < 200; ++i) sketch_.observe(source(200 * day + i), kStart + day * kDay);
  TimePoint last = kStart + 59 * kDay;
  EXPECT_NEAR(sketch_.count(last).sources, 6000, 1500);
  EXPECT_NEAR(sketch_.count(last + 15 * kDay).sources, 3000, 750);
  EXPECT_NEAR(sketch_.count(last + 25 * kDay).sources, 1000, 250);
  EXPECT_EQ(sketch_.count(last + 30 * kDay), exactly(0));
}

TEST_F(DistinctSketchTest, MoreThanItCanTellIsALargeNumber) {
  for (uint32_t i = 0; i < 3'000'000; ++i) sketch_.observe(source(i), kStart);
  EXPECT_GE(sketch_.count(kStart).sources, 250'000u);
  EXPECT_LE(sketch_.count(kStart).sources, 1'000'000u);
}

}  // namespace
}  // namespace ck::gateway
