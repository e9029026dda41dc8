// SPDX-License-Identifier: MIT
// The DHCPv6 client against simulated servers, hours and years under virtual time.
#include <gtest/gtest.h>

#include "sim/dhcp6_world.h"

namespace ck::sim {
namespace {

using dhcp6::RapidCommit;
using dhcp6::State;
using std::chrono::hours;
using test::ip6;

constexpr uint8_t kSolicit = 1, kRequest = 3, kRenew = 5, kRebind = 6;

TEST(Dhcp6Sim, RapidCommitGivesALeaseAfterOneRoundTripAndNoDelay) {
  World6 world;
  world.servers[0].rapid = true;
  TimePoint began = world.now;
  world.begin();
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_EQ(world.sent[0].at, began);  // the Solicit goes out with the link
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_LE(world.now - began, 5ms);
  EXPECT_EQ(world.sent.size(), 1u);
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_TRUE(world.lease()->has(ip6("2001:db8:1::100")));
  EXPECT_EQ(world.lease()->server, world.servers[0].client_side_duid());
  EXPECT_EQ(world.lease()->server_address, world.servers[0].address());
  ASSERT_NE(world.client.information(), nullptr);
  EXPECT_EQ(world.client.information()->dns[0], ip6("2001:db8::53"));
}

TEST(Dhcp6Sim, WithoutRapidCommitAdvertisesAreCollectedForTheFirstTimeOut) {
  World6 world;
  TimePoint began = world.now;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Requesting, 2s));
  EXPECT_GT(world.now - began, 1000ms);  // strictly more than SOL_TIMEOUT
  EXPECT_LE(world.now - began, 1100ms);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_EQ(world.sent.size(), 2u);
}

TEST(Dhcp6Sim, PreferenceOf255EndsTheCollecting) {
  World6 world;
  world.servers[0].preference = 255;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_LE(world.now - world.sent[0].at, 10ms);
}

TEST(Dhcp6Sim, AnyLesserPreferenceDoesNot) {
  World6 world;
  world.servers[0].preference = 254;
  world.begin();
  world.run_for(1s);
  EXPECT_EQ(world.client.state(), State::Soliciting);
}

TEST(Dhcp6Sim, OfTwoServersTheOneOfHigherPreferenceIsTakenThenTheFirst) {
  struct Case {
    std::optional<uint8_t> first, second;
    uint8_t chosen;
  };
  for (const Case& one : {Case{{}, {}, 1}, Case{{}, 1, 2}, Case{0, {}, 1}, Case{7, 6, 1}, Case{6, 7, 2}}) {
    World6 world;
    world.servers.push_back(Server6{.number = 2, .gives = {ip6("2001:db8:2::200")}, .delay = 30ms});
    world.servers[0].preference = one.first;
    world.servers[1].preference = one.second;
    world.begin();
    ASSERT_TRUE(world.run_to(State::Bound, 3s));
    EXPECT_EQ(world.lease()->server, world.servers[one.chosen - 1u].client_side_duid());
    EXPECT_EQ(world.lease()->addresses.size(), 1u);
    world.run_for(hours(24));
    EXPECT_EQ(world.lease()->server, world.servers[one.chosen - 1u].client_side_duid());
    EXPECT_EQ(world.withdrawals, 0u);
  }
}

TEST(Dhcp6Sim, AfterTheFirstTimeOutTheFirstAdvertiseIsTakenAtOnce) {
  World6 world;
  world.servers[0].online = false;
  world.begin();
  world.run_for(1500ms);
  world.servers[0].online = true;
  ASSERT_TRUE(world.run_to(State::Requesting, 4s));
  EXPECT_EQ(world.sent_of(kSolicit), 3u);
  EXPECT_LE(world.now - world.sent[2].at, 5ms);
}

TEST(Dhcp6Sim, LossDuplicationAndReorderingAreOvercome) {
  for (unsigned loss : {0u, 10u, 30u, 50u}) {
    for (uint64_t seed = 1; seed <= 25; ++seed) {
      World6 world(seed, seed % 2 == 0 ? RapidCommit::Yes : RapidCommit::No);
      world.servers[0].rapid = seed % 3 == 0;
      world.loss = loss;
      world.duplication = 30;
      world.jitter = 400ms;
      world.begin();
      // Solicits double up to an hour, and at 50 % one in four gets its answer.
      EXPECT_TRUE(world.run_to(State::Bound, hours(loss < 50 ? 1 : 48))) << loss << ", " << seed;
      world.run_for(hours(24));
      EXPECT_NE(world.lease(), nullptr) << loss << ", " << seed;
    }
  }
}

TEST(Dhcp6Sim, AMonthOfRenewalsNeverDropsTheAddress) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.run_for(hours(24 * 30));
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.withdrawals, 0u);
  EXPECT_EQ(world.sent_of(kSolicit), 1u);
  EXPECT_EQ(world.sent_of(kRebind), 0u);
  EXPECT_NEAR(world.sent_of(kRenew), 30 * 24 * 2, 5);  // T1 is half of an hour
}

TEST(Dhcp6Sim, AnInfiniteLeaseIsNeverRenewed) {
  World6 world;
  world.servers[0].preferred_seconds = world.servers[0].valid_seconds = 0xffffffff;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.run_for(hours(24 * 365 * 10));
  EXPECT_EQ(world.sent.size(), 2u);
  EXPECT_NE(world.lease(), nullptr);
}

TEST(Dhcp6Sim, ServerGoneLeadsThroughRenewAndRebindToTheEnd) {
  World6 world;
  world.servers[0].t1 = 1800;
  world.servers[0].t2 = 2880;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  TimePoint start = world.lease()->start;
  world.servers[0].online = false;
  world.run_until(start + 1800s);
  EXPECT_EQ(world.client.state(), State::Renewing);
  EXPECT_TRUE(world.last.has(2));
  world.run_until(start + 2880s - 1ms);
  EXPECT_EQ(world.client.state(), State::Renewing);
  world.run_until(start + 2880s);
  EXPECT_EQ(world.client.state(), State::Rebinding);
  EXPECT_FALSE(world.last.has(2));
  world.run_until(start + 7200s - 1ms);
  EXPECT_NE(world.lease(), nullptr);
  world.run_until(start + 7200s);
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.withdrawals, 1u);
  EXPECT_EQ(world.client.state(), State::Soliciting);
}

TEST(Dhcp6Sim, RebindingFindsAnotherServer) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers.push_back(Server6{.number = 2});
  world.servers[0].online = false;
  world.run_for(3600s);
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.lease()->server, world.servers[1].client_side_duid());
  EXPECT_EQ(world.withdrawals, 0u);
}

// RFC 9915 18.2.10.1: the server that does not know the lease is asked to make it, the address stays in use.
TEST(Dhcp6Sim, NoBindingIsFollowedByARequestAndNoSolicit) {
  for (bool rebinding : {false, true}) {
    World6 world;
    world.begin();
    ASSERT_TRUE(world.run_to(State::Bound, 3s));
    if (rebinding) {
      world.servers[0].online = false;
      world.servers.push_back(Server6{.number = 2, .knows_client = false});
    } else {
      world.servers[0].knows_client = false;
    }
    ASSERT_TRUE(world.run_to(State::Requesting, 3600s));
    EXPECT_EQ(world.last.type, kRequest);
    EXPECT_EQ(world.last.options[2], world.servers[rebinding ? 1 : 0].duid());
    EXPECT_EQ(world.last.addresses, (std::vector<Ipv6Address>{ip6("2001:db8:1::100")}));
    EXPECT_NE(world.lease(), nullptr);
    ASSERT_TRUE(world.run_to(State::Bound, 1s));
    EXPECT_EQ(world.withdrawals, 0u);
    EXPECT_EQ(world.sent_of(kSolicit), 1u);
  }
}

TEST(Dhcp6Sim, WhatTheServerGivesAfterNoBindingTakesThePlaceOfWhatItDidNotKnow) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].knows_client = false;
  world.servers[0].gives = {ip6("2001:db8:1::200")};
  ASSERT_TRUE(world.run_to(State::Requesting, 3600s));
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  ASSERT_EQ(world.lease()->addresses.size(), 1u);
  EXPECT_TRUE(world.lease()->has(ip6("2001:db8:1::200")));
}

TEST(Dhcp6Sim, ALeaseThatNobodyMakesAnewAfterNoBindingIsWithdrawn) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].knows_client = false;
  world.servers[0].request_status = 1;
  ASSERT_TRUE(world.run_to(State::Requesting, 3600s));
  EXPECT_NE(world.lease(), nullptr);
  ASSERT_TRUE(world.run_to(State::Soliciting, 600s));
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.sent_of(kRequest), 1u + 10u);
}

// Whatever servers say for ever, a day of it is a bounded number of packets.
TEST(Dhcp6Sim, AServerThatRefusesForEverIsNotFlooded) {
  struct Case {
    const char* name;
    std::function<void(Server6&)> make;
    size_t most;  // packets in a day
  };
  const Case kCases[] = {
      {"UnspecFail to all", [](Server6& s) { s.status = 1; }, 60},
      {"NoAddrsAvail to all", [](Server6& s) { s.status = 2; }, 60},
      {"NoBinding to all", [](Server6& s) { s.status = 3; }, 60},
      {"NotOnLink to all", [](Server6& s) { s.status = 4; }, 60},
      {"UnspecFail to Requests", [](Server6& s) { s.request_status = 1; }, 3500},
      {"NoAddrsAvail to Requests", [](Server6& s) { s.request_status = 2; }, 1500},
      {"NoBinding to Requests", [](Server6& s) { s.request_status = 3; }, 1500},
      {"NotOnLink to Requests", [](Server6& s) { s.request_status = 4; }, 1500},
  };
  for (bool rapid : {false, true}) {
    for (const Case& one : kCases) {
      World6 world;
      world.servers[0].rapid = rapid;
      one.make(world.servers[0]);
      if (rapid && world.servers[0].request_status != 0) continue;
      world.begin();
      world.run_for(hours(24));
      EXPECT_GT(world.sent.size(), 24u) << one.name;
      EXPECT_LT(world.sent.size(), one.most) << one.name;
    }
  }
}

// The shortest leases with a server that forgets each of them: no more than its own times call for.
TEST(Dhcp6Sim, ALeaseOfSecondsIsAskedForOnceASecondAtMost) {
  World6 world;
  world.servers[0].knows_client = false;
  world.servers[0].preferred_seconds = world.servers[0].valid_seconds = 1;
  world.begin();
  world.run_for(hours(1));
  EXPECT_LT(world.sent.size(), 2u * 3600);
}

TEST(Dhcp6Sim, TransmissionsOfAnExchangeBearOneTransactionAndANewOneEach) {
  World6 world;
  world.servers[0].online = false;
  world.begin();
  world.run_for(60s);
  ASSERT_GE(world.sent.size(), 5u);
  for (const auto& one : world.sent) EXPECT_EQ(one.transaction, world.sent[0].transaction);
  world.servers[0].online = true;
  ASSERT_TRUE(world.run_to(State::Bound, 300s));
  EXPECT_NE(world.sent.back().transaction, world.sent[0].transaction);
}

TEST(Dhcp6Sim, ElapsedTimeCountsFromTheFirstOfTheExchange) {
  World6 world;
  world.servers[0].online = false;
  world.begin();
  EXPECT_EQ(world.last.options[8], (test::ByteVector{0, 0}));
  while (world.sent.size() < 4) world.run_for(10ms);
  auto elapsed = (world.sent[3].at - world.sent[0].at).count() / 10;
  EXPECT_EQ(world.last.options[8][0] << 8 | world.last.options[8][1], elapsed);
  world.run_for(hours(10));
  EXPECT_EQ(world.last.options[8], (test::ByteVector{0xff, 0xff}));
}

}  // namespace
}  // namespace ck::sim
