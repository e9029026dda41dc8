// SPDX-License-Identifier: MIT
// The Keeper against servers that are right, slow, silent, wrong and hostile, for seconds and for weeks.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/time_world.h"

namespace ck::timekeeping {
namespace {

Micros size_of(Micros value) { return value < Micros(0) ? -value : value; }

void put_u32(std::vector<uint8_t>& message, size_t at, uint32_t value) {
  ByteWriter(MutableBytes(message).subspan(at)).u32(value);
}
// A kiss: stratum 0, its code where the reference is.
Mangle kiss(std::string_view code) {
  return [code](std::vector<uint8_t>& message) {
    message[0] = 0xe4;
    message[1] = 0;
    ByteWriter(MutableBytes(message).subspan(12)).text(code);
  };
}

// Most questions within any minute.
size_t busiest_minute(const std::vector<TimePoint>& asked) {
  size_t most = 0;
  for (size_t first = 0; first < asked.size(); ++first) {
    size_t count = 0;
    while (first + count < asked.size() && asked[first + count] < asked[first] + 60s) ++count;
    most = std::max(most, count);
  }
  return most;
}

TEST(TimeKeeper, WithoutServersItSaysSo) {
  TimeWorld world(0, kHour);
  world.run(1h);
  EXPECT_EQ(world.keeper.error(), "no server is known");
  EXPECT_EQ(world.keeper.state(), State::Unset);
}

TEST(TimeKeeper, TheFirstAnswerStepsAndTheBurstRefines) {
  TimeWorld world(1, -26 * kYear);  // a machine without a clock
  world.run(10ms);
  ASSERT_EQ(world.steps.size(), 1u);
  EXPECT_LE(size_of(world.clock_error()), Micros(1000));
  EXPECT_EQ(world.keeper.state(), State::Set);
  world.run(10s);
  EXPECT_EQ(world.keeper.state(), State::Synchronised);
  EXPECT_EQ(world.servers[0].asked.size(), kBurst);
  EXPECT_EQ(world.steps.size(), 1u);
  EXPECT_EQ(world.keeper.error(), "");
}

TEST(TimeKeeper, PollsGrowSeldomWhileTheClockStaysNear) {
  TimeWorld world(1, kHour);
  world.run(24h);
  const auto& asked = world.servers[0].asked;
  EXPECT_LT(asked.size(), 110u);
  Duration last = asked.back() - asked[asked.size() - 2];
  EXPECT_GE(last, kMostInterval);
  EXPECT_LE(last, kMostInterval * 17 / 16);
  EXPECT_LE(busiest_minute(asked), kBurst);
  EXPECT_EQ(world.steps.size(), 1u);
}

TEST(TimeKeeper, ADriftingClockIsHeldWithoutAnyStep) {
  for (int64_t ppm : {-200, -50, 50, 200}) {
    TimeWorld world(3, kHour);
    world.drift_ppm = ppm;
    for (TimeServer& server : world.servers) {
      server.jitter = Micros(20'000);
      server.loss = 20;
    }
    world.run(60s);
    for (int hour = 0; hour < 7 * 24; ++hour) {
      world.run(1h);
      ASSERT_LE(size_of(world.clock_error()), Micros(300'000)) << ppm << " ppm, hour " << hour;
    }
    EXPECT_EQ(world.steps.size(), 1u) << ppm;
    EXPECT_GT(world.slews, 100u);
  }
}

TEST(TimeKeeper, OfABurstTheQuickestAnswerCounts) {
  TimeWorld world(1, Micros(0));
  unsigned count = 0;
  // All but one in four come back 300 ms late, and so seem to be 150 ms behind.
  world.servers[0].mangle = [&](std::vector<uint8_t>&) {
    ++count;
    world.servers[0].back = (count + 1) % 4 == 3 ? Micros(500) : Micros(300'500);
  };
  world.servers[0].back = Micros(300'500);
  world.run(20min);
  EXPECT_LE(size_of(world.clock_error()), Micros(2000));
}

TEST(TimeKeeper, SlowAnswersDoNotPullTheClockAway) {
  TimeWorld world(1, Micros(0));
  world.run(2h);
  world.servers[0].back = Micros(300'500);  // for half an hour: a line that is full
  world.run(30min);
  EXPECT_LE(size_of(world.clock_error()), Micros(40'000));
}

TEST(TimeKeeper, AGreatOffsetOfALoneServerIsSteppedWhenItIsSaidAgain) {
  TimeWorld world(1, Micros(0));
  world.run(1h);
  ASSERT_EQ(world.steps.size(), 1u);
  world.push_clock(-2 * kHour);  // the machine was paused
  world.run(20min);
  ASSERT_EQ(world.steps.size(), 2u) << world.log();
  EXPECT_LE(size_of(world.clock_error()), Micros(1000));
  EXPECT_NE(world.log().find("asking again"), std::string::npos);
  world.run(1min);
  EXPECT_EQ(world.keeper.state(), State::Synchronised);
}

TEST(TimeKeeper, ALoneServersSingleMistakeStepsNothing) {
  TimeWorld world(1, Micros(0));
  world.run(1h);
  unsigned lies = 1;
  world.servers[0].mangle = [&](std::vector<uint8_t>& message) {
    if (lies == 0) return;
    --lies;
    for (size_t at : {32u, 40u}) put_u32(message, at, *ByteReader(Bytes(message).subspan(at)).u32() + 7200);
  };
  world.run(1h);
  EXPECT_EQ(lies, 0u);
  EXPECT_EQ(world.steps.size(), 1u) << world.log();
  EXPECT_LE(size_of(world.clock_error()), Micros(50'000));
}

TEST(TimeKeeper, AGreatOffsetIsSteppedAtOnceWhenASecondServerAgrees) {
  TimeWorld world(2, Micros(0));
  world.run(3h);
  world.push_clock(30 * kSecond);
  world.run(20min);
  ASSERT_EQ(world.steps.size(), 2u) << world.log();
  EXPECT_LE(size_of(world.clock_error()), Micros(2000));
}

TEST(TimeKeeper, SmallOffsetsAreSlewedNeverStepped) {
  for (Micros push : {Micros(-400'000), Micros(100'000), Micros(450'000)}) {
    TimeWorld world(2, Micros(0));
    world.run(1h);
    world.push_clock(push);
    world.run(40min);
    EXPECT_EQ(world.steps.size(), 1u) << push.count();
    EXPECT_LE(size_of(world.clock_error()), Micros(2000)) << push.count();
  }
}

TEST(TimeKeeper, ALiarIsOutvotedByTwo) {
  for (size_t liar : {0u, 1u, 2u}) {
    TimeWorld world(3, -kYear, liar + 1);
    world.servers[liar].error = 3 * kHour;
    world.servers[liar].there = world.servers[liar].back = Micros(100);  // and the quickest
    world.run(20s);
    EXPECT_LE(size_of(world.clock_error()), Micros(2000)) << liar << "\n" << world.log();
    EXPECT_TRUE(world.keeper.is_outvoted(liar));
    EXPECT_NE(world.keeper.source(), liar);
    EXPECT_NE(world.log().find("disagrees"), std::string::npos);
    EXPECT_EQ(world.keeper.error(), "");
    size_t steps = world.steps.size();
    world.run(48h);
    EXPECT_EQ(world.steps.size(), steps);
    EXPECT_LE(size_of(world.clock_error()), Micros(2000)) << liar;
    EXPECT_LE(busiest_minute(world.servers[0].asked), 8u);
    EXPECT_LT(world.lines.size(), 10u) << world.log();  // said once, not at each poll
  }
}

TEST(TimeKeeper, WithoutAMajorityNothingIsStepped) {
  TimeWorld world(2, kSecond);
  world.servers[1].error = kHour;
  world.run(24h);
  EXPECT_EQ(world.steps.size(), 1u);
  EXPECT_EQ(world.keeper.error(), "servers disagree, and no majority agrees");
  EXPECT_LE(size_of(world.clock_error()), Micros(2000));  // the first of the list answered first
  EXPECT_LT(world.servers[1].asked.size(), 200u);
}

TEST(TimeKeeper, WhereOneOfTwoGoesWrongTheClockStays) {
  for (size_t liar : {0u, 1u}) {
    TimeWorld world(2, kHour);
    world.run(2h);
    world.servers[liar].error = -kHour;
    world.run(24h);
    EXPECT_EQ(world.steps.size(), 1u) << liar << "\n" << world.log();
    EXPECT_LE(size_of(world.clock_error()), Micros(100'000)) << liar;
    EXPECT_EQ(world.keeper.error(), "servers disagree, and no majority agrees") << liar;
  }
}

TEST(TimeKeeper, AServerThatGoesWrongLaterIsNotFollowed) {
  TimeWorld world(3, kHour);
  world.run(1h);
  world.servers[0].error = 40 * kSecond;
  world.run(6h);
  EXPECT_EQ(world.steps.size(), 1u) << world.log();
  EXPECT_LE(size_of(world.clock_error()), Micros(2000));
  EXPECT_TRUE(world.keeper.is_outvoted(0));
}

TEST(TimeKeeper, SilentServersAreAskedQuicklyAtFirstThenEverMoreSeldom) {
  TimeWorld world(1, kHour);
  world.servers[0].silent = true;
  world.run(1min);
  size_t first = world.servers[0].asked.size();
  EXPECT_GE(first, 5u);
  EXPECT_LE(first, 7u);
  world.run(24h);
  EXPECT_LE(world.servers[0].asked.size(), first + 95);
  EXPECT_TRUE(world.steps.empty());
  EXPECT_EQ(world.keeper.state(), State::Unset);
  EXPECT_EQ(world.keeper.error(), "no server tells the time");
  EXPECT_EQ(world.lines.size(), 1u) << world.log();
}

TEST(TimeKeeper, WhenTheNetworkIsThereTheFirstAnswerComesAtOnce) {
  TimeWorld world(2, kHour);
  world.no_route = true;
  world.run(1h);
  EXPECT_TRUE(world.steps.empty());
  world.no_route = false;
  world.keeper.network_changed(world.now());
  world.run(10ms);
  EXPECT_EQ(world.steps.size(), 1u);
}

TEST(TimeKeeper, DenyAndRestrictEndIt) {
  for (std::string_view code : {"DENY", "RSTR"}) {
    TimeWorld world(2, kHour);
    world.servers[0].mangle = kiss(code);
    world.run(24h);
    EXPECT_EQ(world.servers[0].asked.size(), 1u) << code;
    EXPECT_TRUE(world.keeper.association(0).is_denied());
    EXPECT_EQ(world.steps.size(), 1u);  // of the other
    world.keeper.network_changed(world.now());
    world.run(1h);
    EXPECT_EQ(world.servers[0].asked.size(), 1u) << code;
  }
}

TEST(TimeKeeper, RateDoublesTheIntervalEachTime) {
  TimeWorld world(1, kHour);
  world.servers[0].mangle = kiss("RATE");
  world.run(24h * 14);
  const auto& asked = world.servers[0].asked;
  ASSERT_GE(asked.size(), 8u);
  for (size_t i = 1; i < 8; ++i)
    EXPECT_GE(asked[i] - asked[i - 1], std::min<Duration>(kLeastInterval * (1 << i), kMostRateInterval)) << i;
  EXPECT_LT(asked.size(), 25u);
}

TEST(TimeKeeper, AnswersOfNoUseAreRefusedWithTheReason) {
  struct Case {
    Mangle mangle;
    const char* told;
  };
  const Case cases[] = {
      {[](auto& m) { m[0] |= 0xc0; }, "not synchronised"},
      {[](auto& m) { m[1] = 16; }, "not synchronised"},
      {[](auto& m) { m[1] = 255; }, "not synchronised"},
      {[](auto& m) { put_u32(m, 4, 40u << 16); }, "too far"},
      {[](auto& m) { put_u32(m, 8, 0xffffffff); }, "too far"},
      {[](auto& m) { std::fill(m.begin() + 40, m.end(), 0); }, "tells no time"},
      {[](auto& m) { std::fill(m.begin() + 32, m.begin() + 40, 0); }, "tells no time"},
      {[](auto& m) { put_u32(m, 32, *ByteReader(Bytes(m).subspan(40)).u32() - 100); }, "longer than it did"},
      {[](auto& m) { put_u32(m, 32, *ByteReader(Bytes(m).subspan(40)).u32() + 100); }, "longer than it did"},
      {[](auto& m) { put_u32(m, 32, 2'208'988'800u), put_u32(m, 40, 2'208'988'800u); }, "absurd time, refused: "},
      {kiss("INIT"), "kiss code INIT"},
  };
  for (const Case& one : cases) {
    TimeWorld world(1, kHour);
    world.servers[0].mangle = one.mangle;
    world.run(1h);
    EXPECT_TRUE(world.steps.empty()) << one.told;
    EXPECT_NE(world.log().find(one.told), std::string::npos) << one.told << "\n" << world.log();
    EXPECT_LE(world.servers[0].asked.size(), 14u) << one.told;
    EXPECT_LE(world.lines.size(), 2u) << world.log();
  }
}

TEST(TimeKeeper, WhatDoesNotRepeatTheNonceIsNotHeard) {
  TimeWorld world(1, kHour);
  world.servers[0].mangle = [](auto& message) { message[24] ^= 1; };
  world.run(10min);
  EXPECT_TRUE(world.steps.empty());
  EXPECT_EQ(world.keeper.association(0).complaint(), "no answer");
  EXPECT_EQ(world.keeper.association(0).dropped(), world.keeper.association(0).sent());
  // Nor is a forged farewell.
  world.servers[0].mangle = [](auto& message) {
    kiss("DENY")(message);
    message[24] ^= 1;
  };
  world.run(1h);
  EXPECT_FALSE(world.keeper.association(0).is_denied());
  world.servers[0].mangle = nullptr;
  world.run(1h);
  EXPECT_EQ(world.steps.size(), 1u);
}

TEST(TimeKeeper, AbsurdTimesAreThoseBeforeTheBuildAndFarBeyondIt) {
  struct Case {
    Micros error;
    bool believed;
  };
  for (auto [error, believed] : {Case{-kYear - kHour, false}, Case{-kYear + kHour, true},
                                 Case{50 * kYear - kHour, true}, Case{50 * kYear + kHour, false}}) {
    TimeWorld world(1, Micros(0));
    world.servers[0].error = error;
    world.run(10s);
    EXPECT_EQ(!world.steps.empty(), believed) << error.count() / kYear.count();
  }
}

TEST(TimeKeeper, TheWrapOf2036IsNoEvent) {
  TimeWorld world(3, -kHour);
  world.true_start = Micros(2'085'978'496'000'000) - 12 * kHour;
  world.drift_ppm = 30;
  for (TimeServer& server : world.servers) server.jitter = Micros(5000);
  world.run(24h);
  EXPECT_EQ(world.steps.size(), 1u);
  EXPECT_LE(size_of(world.clock_error()), Micros(100'000));
  EXPECT_EQ(world.keeper.error(), "");
}

TEST(TimeKeeper, AMachineThatStartsBeyondTheWrapIsSetRight) {
  TimeWorld world(1, -50 * kYear);
  world.true_start = Micros(2'085'978'496'000'000) + kYear;
  world.run(10s);
  EXPECT_LE(size_of(world.clock_error()), Micros(1000));
}

TEST(TimeKeeper, ObservedTheClockIsLeftAlone) {
  TimeWorld world(2, 90 * kSecond, 1, {.bounds = kBounds, .mode = Mode::Observe});
  world.run(1h);
  EXPECT_EQ(world.keeper.state(), State::Observed);
  EXPECT_TRUE(world.steps.empty());
  EXPECT_EQ(world.slews, 0u);
  ASSERT_TRUE(world.keeper.source().has_value());
  Micros offset = world.keeper.association(*world.keeper.source()).sample()->offset;
  EXPECT_LE(size_of(offset + 90 * kSecond), Micros(1000));
  world.servers[0].silent = world.servers[1].silent = true;
  world.run(6h);
  EXPECT_EQ(world.keeper.state(), State::Unset);
}

TEST(TimeKeeper, AClockThatMayNotBeSetIsToldAndTriedAgain) {
  TimeWorld world(1, kHour);
  world.refuses = true;
  world.run(1min);
  EXPECT_EQ(world.keeper.state(), State::Unset);
  EXPECT_EQ(world.keeper.error(), "Operation not permitted");
  world.refuses = false;
  world.run(1h);
  EXPECT_EQ(world.steps.size(), 1u);
  EXPECT_EQ(world.keeper.error(), "");
}

TEST(TimeKeeper, WhenItsServersGoSilentItIsNoLongerSynchronised) {
  TimeWorld world(2, kHour);
  world.run(1h);
  ASSERT_EQ(world.keeper.state(), State::Synchronised);
  for (TimeServer& server : world.servers) server.silent = true;
  world.run(3h);
  EXPECT_EQ(world.keeper.state(), State::Set);
  EXPECT_EQ(world.keeper.error(), "no server tells the time");
  for (TimeServer& server : world.servers) server.silent = false;
  world.run(1h);
  EXPECT_EQ(world.keeper.state(), State::Synchronised);
}

TEST(TimeKeeper, AServerThatStaysInTheListIsNotAskedAnew) {
  TimeWorld world(3, kHour);
  world.names(2);
  world.run(1h);
  size_t before = world.servers[0].asked.size();
  world.names(3);
  world.run(10s);
  EXPECT_EQ(world.servers[0].asked.size(), before);
  EXPECT_EQ(world.servers[2].asked.size(), kBurst);
  world.names(0);
  EXPECT_EQ(world.keeper.error(), "no server is known");
  EXPECT_EQ(world.keeper.state(), State::Set);
}

// Whatever servers and network do, most of them being right, the clock ends up right.
TEST(TimeKeeper, InAnyWeatherTheClockEndsUpRight) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SeededRandom weather(seed);
    TimeWorld world(4, Micros(weather.between(-100'000'000'000, 100'000'000'000)), seed);
    world.drift_ppm = weather.between(-80, 80);
    for (TimeServer& server : world.servers) {
      server.there = Micros(weather.between(100, 80'000));
      server.back = Micros(weather.between(100, 80'000));
      server.jitter = Micros(weather.between(1, 60'000));
      server.loss = weather.below(50);
    }
    size_t odd = weather.below(4);
    if (seed % 3 == 0) world.servers[odd].error = Micros(weather.between(-20'000'000'000, 20'000'000'000));
    if (seed % 3 == 1) world.servers[odd].mangle = kiss("RATE");
    world.run(1h);
    for (int hour = 0; hour < 48; ++hour) {
      world.run(1h);
      if (hour > 2) ASSERT_LE(size_of(world.clock_error()), Micros(400'000)) << seed << "\n" << world.log();
    }
    EXPECT_LE(world.steps.size(), 3u) << seed << "\n" << world.log();
    for (const TimeServer& server : world.servers) EXPECT_LE(busiest_minute(server.asked), 12u) << seed;
  }
}

}  // namespace
}  // namespace ck::timekeeping
