// SPDX-License-Identifier: MIT
// One log server through days of virtual time: it gets every message once and in order, or is told how many it did not
// get.
#include <gtest/gtest.h>

#include "support/log_world.h"

namespace ck::logring {
namespace {

using syslog::Severity;
using test::LogWorld;
using test::Received;

TargetSpec tcp() { return {.transport = Transport::Tcp, .address = Ipv4Address{1}, .framing = syslog::Framing::Octet}; }
TargetSpec udp() { return {.transport = Transport::Udp, .address = Ipv4Address{1}}; }

// Each message that was meant for the server came once and in its turn, or is one of those that a notice counted where
// they would have stood. Returns how many were dropped.
uint64_t check_account(const LogWorld& world) {
  uint64_t dropped = 0;
  uint64_t next = 1;
  uint64_t told = 0;
  for (const Received& one : world.received) {
    if (one.sequence == 0) {
      EXPECT_GT(one.dropped, 0u);
      told += one.dropped;
      continue;
    }
    uint64_t missing = 0;
    EXPECT_GE(one.sequence, next) << "twice, or out of turn";
    for (; next < one.sequence; ++next) missing += world.severities[next - 1] <= world.target.spec().severity;
    EXPECT_EQ(missing, told) << "before " << one.sequence;
    EXPECT_LE(world.severities[next - 1], world.target.spec().severity);
    EXPECT_TRUE(one.text.starts_with("entry " + std::to_string(one.sequence)));
    ++next;
    dropped += told;
    told = 0;
  }
  return dropped + told;
}

TEST(LogTarget, AHandshakeThatIsNotDoneInTimeIsGivenUpAndAnotherBegun) {
  LogWorld world({.transport = Transport::Tls, .address = Ipv4Address{1}, .framing = syslog::Framing::Octet}, 1);
  world.log();
  Target& target = world.target;
  for (int attempt = 0; attempt < 3; ++attempt) {
    ASSERT_TRUE(target.wants_connection(world.now));
    target.connecting(world.now);
    world.now += 9s;
    EXPECT_FALSE(target.expired(world.now));
    target.securing(world.now);
    EXPECT_EQ(name_of(target.state()), "securing");
    EXPECT_TRUE(target.to_send("host", 0, world.now).empty());  // nothing goes out unprotected
    EXPECT_EQ(target.deadline(), world.now + kHandshakePatience);
    world.now += kHandshakePatience - 1ms;
    EXPECT_FALSE(target.expired(world.now));
    world.now += 1ms;
    EXPECT_TRUE(target.expired(world.now));
    EXPECT_EQ(target.error(), "the server did not finish the TLS handshake in time");
    world.now = target.deadline();
  }
  target.connecting(world.now);
  target.securing(world.now);
  target.connected(world.now);
  EXPECT_EQ(target.error(), "");
  EXPECT_FALSE(target.to_send("host", 0, world.now).empty());
}

TEST(LogTarget, WhatWasThereBeforeItIsSentFirst) {
  LogWorld world(tcp(), 1);
  for (int i = 0; i < 10; ++i) world.log(i % 2 == 0 ? Severity::Info : Severity::Debug);
  world.settle();
  EXPECT_EQ(world.target.state(), TargetState::Ready);
  EXPECT_EQ(world.received.size(), 5u) << "debug is not for it";
  EXPECT_EQ(world.target.queued(), 0u);
  EXPECT_EQ(world.target.sent(), 5u);
  EXPECT_EQ(check_account(world), 0u);
  EXPECT_EQ(world.target.deadline(), kNever);
}

TEST(LogTarget, PausesGrowFromASecondToAMinute) {
  LogWorld world(tcp(), 2);
  world.listens = false;
  world.run_until(world.now + 24h);
  ASSERT_GT(world.attempts.size(), 1000u);
  for (size_t i = 1; i < world.attempts.size(); ++i) {
    Duration pause = world.attempts[i] - world.attempts[i - 1];
    Duration least = std::min<Duration>(1s * (1 << std::min<size_t>(i - 1, 10)), 48s);
    EXPECT_GE(pause, least) << i;
    EXPECT_LE(pause, least * 5 / 4) << i;
  }
  EXPECT_EQ(world.target.error(), "refused");
  world.listens = true;
  world.run_until(world.now + 60s);
  EXPECT_EQ(world.target.state(), TargetState::Ready);
  EXPECT_EQ(world.target.error(), "");
}

TEST(LogTarget, AConnectionThatLastsMakesPausesShortAgain) {
  LogWorld world(tcp(), 3);
  world.listens = false;
  world.run_until(world.now + 1h);
  world.listens = true;
  world.run_until(world.now + 2min);
  ASSERT_EQ(world.target.state(), TargetState::Ready);
  size_t before = world.attempts.size();
  world.cut();
  world.run_until(world.now + 2s);
  EXPECT_EQ(world.attempts.size(), before + 1) << "it lasted: a second's pause";
  world.cut();
  world.run_until(world.now + 1500ms);
  EXPECT_EQ(world.attempts.size(), before + 1) << "it did not last: two seconds";
}

TEST(LogTarget, OneThatNeverAnswersIsGivenUpInTime) {
  LogWorld world(tcp(), 4);
  world.answers = false;
  world.settle();
  EXPECT_EQ(world.target.state(), TargetState::Connecting);
  world.run_until(world.now + kConnectPatience);
  EXPECT_EQ(world.target.state(), TargetState::Waiting);
  EXPECT_EQ(world.target.error(), "no connection in time");
}

TEST(LogTarget, OneThatTakesNothingIsGivenUpAndGetsTheMessageWholeLater) {
  LogWorld world(tcp(), 5);
  world.room = 10;
  world.log();
  world.settle();
  EXPECT_EQ(world.target.queued(), 1u);
  world.run_until(world.now + kStallPatience - 1ms);
  EXPECT_EQ(world.target.state(), TargetState::Ready);
  world.run_until(world.now + 2ms);
  EXPECT_EQ(world.target.state(), TargetState::Waiting);
  EXPECT_EQ(world.target.error(), "the server takes nothing");
  world.room = SIZE_MAX;
  world.run_until(world.now + 2s);
  ASSERT_EQ(world.received.size(), 1u);
  EXPECT_EQ(world.received[0].text, "entry 1");
  EXPECT_EQ(world.target.sent(), 1u);
}

TEST(LogTarget, ADeadServerIsToldWhatItMissed) {
  LogWorld world(tcp(), 6);
  world.settle();
  world.listens = false;
  world.cut();
  for (int i = 0; i < 1000; ++i) world.log(i % 4 == 0 ? Severity::Debug : Severity::Info);
  uint64_t gone = 0;
  for (uint64_t i = 1; i < world.ring.first(); ++i) gone += world.severities[i - 1] <= Severity::Info;
  EXPECT_EQ(world.target.dropped(), gone) << "known before anybody can be told";
  world.listens = true;
  world.run_until(world.now + 5s);
  ASSERT_FALSE(world.received.empty());
  EXPECT_EQ(world.received[0].text, std::to_string(gone) + " messages dropped");
  EXPECT_EQ(check_account(world), gone);
  EXPECT_EQ(world.target.dropped(), gone);
  EXPECT_EQ(world.target.sent(), 750 - gone);
}

TEST(LogTarget, WhatHadNotArrivedWhenAConnectionBrokeIsSentAgain) {
  LogWorld world(tcp(), 8);
  for (int i = 0; i < 10; ++i) world.log();
  world.settle();
  ASSERT_EQ(world.received.size(), 10u);
  world.lag = SIZE_MAX;
  for (int i = 0; i < 10; ++i) world.log();
  world.settle();
  EXPECT_EQ(world.target.sent(), 20u) << "the connection took them";
  world.cut();
  EXPECT_EQ(world.target.sent(), 10u);
  EXPECT_EQ(world.target.queued(), 10u);
  world.lag = 0;
  world.run_until(world.now + 2s);
  EXPECT_EQ(world.received.size(), 20u);
  EXPECT_EQ(check_account(world), 0u);

  // The same, and the ring does not have them any more.
  world.lag = SIZE_MAX;
  for (int i = 0; i < 10; ++i) world.log();
  world.settle();
  for (int i = 0; i < 1000; ++i) world.log(Severity::Debug);
  world.settle();
  world.cut();
  world.lag = 0;
  world.run_until(world.now + 5s);
  ASSERT_EQ(world.received.size(), 21u);
  EXPECT_EQ(world.received.back().text, "10 messages dropped");
  EXPECT_EQ(world.target.dropped(), 10u);
  EXPECT_EQ(world.target.sent(), 20u);
}

TEST(LogTarget, WhatIsLostBelowItsSeverityIsNoLossToIt) {
  LogWorld world(tcp(), 7);
  world.listens = false;
  for (int i = 0; i < 1000; ++i) world.log(Severity::Debug);
  world.log(Severity::Error);
  world.listens = true;
  world.run_until(world.now + 5s);
  ASSERT_EQ(world.received.size(), 1u);
  EXPECT_EQ(world.received[0].sequence, 1001u);
  EXPECT_EQ(world.target.dropped(), 0u);
}

// Anything at any moment, for a simulated day each.
TEST(LogTarget, KeepsItsAccountWhateverTheNetworkDoes) {
  uint64_t all_dropped = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    LogWorld world(tcp(), seed * 77);
    SeededRandom chance(seed);
    for (int step = 0; step < 2000; ++step) {
      switch (chance.below(9)) {
        case 0: world.listens = !world.listens; break;
        case 1:
          if (chance.below(2) == 0) world.cut();
          break;
        case 2: world.room = chance.below(4) == 0 ? 0 : chance.below(5000); break;
        case 3: world.room = SIZE_MAX; break;
        case 4: world.piece = chance.below(2) == 0 ? SIZE_MAX : 1 + chance.below(50); break;
        case 5: world.answers = chance.below(4) != 0; break;
        case 6: world.lag = chance.below(2) == 0 ? 0 : chance.below(5000); break;
        default:
          for (uint32_t i = chance.below(30); i > 0; --i)
            world.log(static_cast<Severity>(chance.below(8)), chance.below(200));
      }
      world.run_until(world.now + Duration(chance.below(chance.below(10) == 0 ? 80'000 : 500)));
      uint64_t meant = 0;
      for (Severity severity : world.severities) meant += severity <= world.target.spec().severity;
      ASSERT_EQ(world.target.sent() + world.target.queued() + world.target.dropped(), meant) << seed << ' ' << step;
    }
    world.listens = world.answers = true;
    world.room = SIZE_MAX;
    world.lag = 0;
    world.run_until(world.now + 5min);
    world.log(Severity::Error);  // the end of the account
    world.settle();
    EXPECT_EQ(world.target.state(), TargetState::Ready) << seed;
    EXPECT_EQ(world.target.queued(), 0u) << seed;
    ASSERT_FALSE(world.received.empty());
    EXPECT_EQ(world.received.back().sequence, world.severities.size()) << seed;
    uint64_t dropped = check_account(world);
    EXPECT_EQ(dropped, world.target.dropped()) << seed;
    all_dropped += dropped;
    if (HasFailure()) return;
  }
  EXPECT_GT(all_dropped, 1000u) << "else nothing was tried";
}

TEST(LogTarget, UdpSendsAtOnce) {
  LogWorld world(udp(), 8);
  for (int i = 0; i < 5; ++i) world.log();
  world.settle();
  EXPECT_EQ(world.received.size(), 5u);
  EXPECT_EQ(world.target.state(), TargetState::Ready);
}

TEST(LogTarget, UdpTriesWithOneMessageUntilNobodyRefusesIt) {
  LogWorld world(udp(), 9);
  world.listens = false;
  world.log();
  world.settle();  // lost: who could know
  EXPECT_EQ(world.target.state(), TargetState::Waiting);
  for (int i = 0; i < 20; ++i) world.log();
  world.run_until(world.now + 1h);
  EXPECT_EQ(world.target.sent(), 1u) << "none of those that were tried with";
  EXPECT_EQ(world.target.queued(), 20u);
  world.listens = true;
  world.run_until(world.now + 2min);
  ASSERT_EQ(world.received.size(), 20u);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(world.received[i].sequence, i + 2);
  EXPECT_EQ(world.target.state(), TargetState::Ready);
  EXPECT_EQ(world.target.error(), "");
}

}  // namespace
}  // namespace ck::logring
