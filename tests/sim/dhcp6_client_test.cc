// SPDX-License-Identifier: MIT
// The DHCPv6 client against simulated servers, hours and years under virtual time.
#include <gtest/gtest.h>

#include "sim/dhcp6_world.h"

namespace ck::sim {
namespace {

using dhcp6::Mode;
using dhcp6::RapidCommit;
using dhcp6::State;
using std::chrono::hours;
using test::ip6;

constexpr uint8_t kSolicit = 1, kRequest = 3, kConfirm = 4, kRenew = 5, kRebind = 6, kRelease = 8, kDecline = 9,
                  kInformation = 11;

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

// ---- the link -----------------------------------------------------------------------------------------------------

TEST(Dhcp6Sim, AShortLossOfTheLinkKeepsTheAddressAndConfirmsIt) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.link(false);
  world.run_for(2s);
  EXPECT_NE(world.lease(), nullptr);
  world.link(true);
  EXPECT_EQ(world.last.type, kConfirm);
  EXPECT_FALSE(world.last.has(2));
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_EQ(world.withdrawals, 0u);
}

TEST(Dhcp6Sim, ALongLossWithdrawsTheLeaseAndTheConfirmBringsItBack) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.link(false);
  world.run_for(3s);
  EXPECT_EQ(world.withdrawals, 1u);
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.client.information(), nullptr);
  world.run_for(600s);
  world.link(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.sent_of(kSolicit), 1u);
}

TEST(Dhcp6Sim, AConfirmThatNobodyAnswersEndsAfterTenSecondsWithTheLease) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].online = false;
  world.link(false);
  world.link(true);
  TimePoint began = world.now;
  ASSERT_TRUE(world.run_to(State::Bound, 20s));
  EXPECT_EQ(world.now - began, 10s);
  EXPECT_NE(world.lease(), nullptr);
}

TEST(Dhcp6Sim, AnotherLinksServerRefusesTheConfirm) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.link(false);
  world.servers[0].on_link = false;
  world.servers[0].gives = {ip6("2001:db8:9::1")};
  world.link(true);
  ASSERT_TRUE(world.run_to(State::Soliciting, 1s));
  EXPECT_EQ(world.lease(), nullptr);
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  EXPECT_TRUE(world.lease()->has(ip6("2001:db8:9::1")));
  EXPECT_EQ(world.lease()->addresses.size(), 1u);
}

TEST(Dhcp6Sim, ALeaseThatExpiredWhileTheLinkWasLostIsNotConfirmed) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.link(false);
  world.run_for(hours(3));
  world.link(true);
  EXPECT_EQ(world.last.type, kSolicit);
  EXPECT_EQ(world.sent_of(kConfirm), 0u);
}

TEST(Dhcp6Sim, TimeThatJumpsPastAnyTimerIsBorne) {
  for (Duration jump : {Duration(1900s), Duration(3000s), Duration(8000s), Duration(hours(24 * 400))}) {
    World6 world;
    world.begin();
    ASSERT_TRUE(world.run_to(State::Bound, 3s));
    world.jump(jump);
    if (jump >= 7200s) EXPECT_EQ(world.lease(), nullptr);
    ASSERT_TRUE(world.run_to(State::Bound, 10s));
    EXPECT_NE(world.lease(), nullptr);
  }
}

// ---- modes --------------------------------------------------------------------------------------------------------

TEST(Dhcp6Sim, InformationModeNeverSolicits) {
  World6 world;
  world.begin(Mode::Information);
  ASSERT_TRUE(world.run_to(State::Informed, 1s));
  EXPECT_EQ(world.informations, 1u);
  ASSERT_NE(world.client.information(), nullptr);
  EXPECT_EQ(world.client.information()->refresh_at - world.client.information()->since, 86400s);  // IRT_DEFAULT
  world.run_for(hours(24 * 30));
  for (const auto& one : world.sent) EXPECT_EQ(one.type, kInformation);
  EXPECT_EQ(world.sent.size(), 30u);
  EXPECT_FALSE(world.last.has(3));
}

TEST(Dhcp6Sim, RefreshTimeIsKeptWithinItsLimits) {
  struct Case {
    std::optional<uint32_t> given;
    int64_t seconds;  // 0: never
  };
  for (const Case& one : {Case{{}, 86400}, Case{0, 600}, Case{599, 600}, Case{601, 601}, Case{0xffffffff, 0},
                          Case{0xfffffffe, 0xfffffffe}}) {
    World6 world;
    world.servers[0].refresh_seconds = one.given;
    world.begin(Mode::Information);
    ASSERT_TRUE(world.run_to(State::Informed, 1s));
    const dhcp6::Information& information = *world.client.information();
    if (one.seconds == 0)
      EXPECT_EQ(information.refresh_at, kNever);
    else
      EXPECT_EQ(information.refresh_at - information.since, std::chrono::seconds(one.seconds));
  }
}

TEST(Dhcp6Sim, InformationStaysInForceWhileItsRefreshIsNotAnswered) {
  World6 world;
  world.begin(Mode::Information);
  ASSERT_TRUE(world.run_to(State::Informed, 1s));
  world.servers[0].online = false;
  world.run_for(hours(48));
  EXPECT_EQ(world.client.state(), State::Informing);
  EXPECT_NE(world.client.information(), nullptr);
}

TEST(Dhcp6Sim, ModeChangesWithoutALeaseAreFollowedAtOnce) {
  World6 world;
  world.servers[0].online = false;
  world.begin(Mode::Off);
  EXPECT_EQ(world.client.state(), State::Idle);
  EXPECT_TRUE(world.sent.empty());
  world.mode(Mode::Information);
  EXPECT_EQ(world.last.type, kInformation);
  world.mode(Mode::Stateful);
  EXPECT_EQ(world.last.type, kSolicit);
  world.mode(Mode::Information);
  EXPECT_EQ(world.client.state(), State::Informing);
  world.mode(Mode::Off);
  EXPECT_EQ(world.client.state(), State::Idle);
  size_t sent = world.sent.size();
  world.run_for(hours(24));
  EXPECT_EQ(world.sent.size(), sent);
}

TEST(Dhcp6Sim, ALeaseOutlivesTheModeAndIsRenewedButNotAskedForAgain) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.mode(Mode::Information);
  world.run_for(hours(24));
  EXPECT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.withdrawals, 0u);
  world.servers[0].online = false;
  world.run_for(hours(3));
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.client.state(), State::Informing);
  EXPECT_EQ(world.sent_of(kSolicit), 1u);
}

TEST(Dhcp6Sim, InformationStandsUntilTheLeaseBringsItsOwn) {
  World6 world;
  world.begin(Mode::Information);
  ASSERT_TRUE(world.run_to(State::Informed, 1s));
  world.mode(Mode::Stateful);
  EXPECT_NE(world.client.information(), nullptr);
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  ASSERT_NE(world.client.information(), nullptr);
  EXPECT_EQ(world.client.information(), &world.lease()->information);
}

// RFC 9915 14.1: whatever drives it (here a router that changes its mind, and a plug that is loose), there is an end.
TEST(Dhcp6Sim, NoMoreThanTwentyMessagesAtOnceAndOneASecond) {
  World6 world;
  world.servers[0].online = false;
  world.begin();
  for (int i = 0; i < 150; ++i) world.mode(i % 2 == 0 ? Mode::Information : Mode::Stateful);
  EXPECT_EQ(world.sent.size(), 20u);
  for (int i = 0; i < 10'000; ++i) {
    world.run_for(10ms);
    if (i % 3 == 0) world.link(i % 2 == 0);
    world.mode(i % 2 == 0 ? Mode::Information : Mode::Stateful);
  }
  EXPECT_LE(world.sent.size(), 20u + 100u);
  EXPECT_GE(world.sent.size(), 90u);
  world.servers[0].online = true;  // and when that is over, it works
  world.link(true);
  world.mode(Mode::Stateful);
  EXPECT_TRUE(world.run_to(State::Bound, 10s));
}

// ---- SOL_MAX_RT, INF_MAX_RT
// ------------------------------------------------------------------------------------------

TEST(Dhcp6Sim, SolMaxRtOfAnAdvertiseThatIsIgnoredOtherwiseCounts) {
  World6 world;
  world.servers[0].status = 2;
  world.servers[0].sol_max_rt = 60;
  world.begin();
  world.run_for(hours(1));
  EXPECT_GT(world.sent.size(), 55u);  // each minute, where it would be twelve in all
  EXPECT_LT(world.sent.size(), 75u);
}

TEST(Dhcp6Sim, SolMaxRtIsOfItsNetworkOnly) {
  World6 world;
  world.servers[0].solicit_status = 2;
  world.servers[0].sol_max_rt = 60;
  world.begin();
  world.run_for(600s);
  world.link(false);
  world.run_for(10s);
  world.servers[0].online = false;
  world.link(true);
  size_t before = world.sent.size();
  world.run_for(hours(1));
  EXPECT_LT(world.sent.size() - before, 15u);
}

TEST(Dhcp6Sim, InfMaxRtCounts) {
  World6 world;
  world.servers[0].status = 1;
  world.servers[0].inf_max_rt = 60;
  world.begin(Mode::Information);
  world.run_for(hours(1));
  EXPECT_GT(world.sent.size(), 55u);
  EXPECT_LT(world.sent.size(), 75u);
}

// ---- addresses that others have
// ----------------------------------------------------------------------------------------

TEST(Dhcp6Sim, AnAddressThatAnotherHostHasIsDeclinedAndAnotherOneTaken) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.refuse(ip6("2001:db8:1::100"));
  EXPECT_EQ(world.last.type, kDecline);
  EXPECT_EQ(world.last.addresses, (std::vector<Ipv6Address>{ip6("2001:db8:1::100")}));
  EXPECT_EQ(world.last.options[2], world.servers[0].duid());
  EXPECT_EQ(world.lease(), nullptr);
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  EXPECT_TRUE(world.lease()->has(ip6("2001:db8:1::101")));
}

TEST(Dhcp6Sim, OneOfTwoAddressesIsDeclinedAndTheOtherStays) {
  World6 world;
  world.servers[0].gives = {ip6("2001:db8:1::a"), ip6("2001:db8:1::20")};
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.refuse(ip6("2001:db8:1::a"));
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.lease()->addresses.size(), 1u);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_EQ(world.withdrawals, 0u);
  EXPECT_EQ(world.sent_of(kSolicit), 1u);
}

TEST(Dhcp6Sim, ADeclineIsSentFourTimesAtMost) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].online = false;
  world.refuse(ip6("2001:db8:1::100"));
  ASSERT_TRUE(world.run_to(State::Soliciting, 60s));
  EXPECT_EQ(world.sent_of(kDecline), 4u);
}

TEST(Dhcp6Sim, AServerThatKeepsGivingTheSameTakenAddressIsAskedLessAndLess) {
  World6 world;
  world.servers[0].gives_new_after_decline = false;
  world.servers[0].rapid = true;
  world.begin();
  TimePoint end = world.now + hours(1);
  while (world.now < end) {
    if (!world.run_to(State::Bound, 200s)) break;
    world.run_for(1s);  // duplicate address detection
    world.refuse(ip6("2001:db8:1::100"));
  }
  EXPECT_GE(world.now, end);
  EXPECT_GT(world.sent_of(kDecline), 20u);
  EXPECT_LT(world.sent_of(kDecline), 45u);
}

TEST(Dhcp6Sim, AnAddressThatIsNotOfTheLeaseIsNoMatter) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  size_t sent = world.sent.size();
  world.refuse(ip6("2001:db8:1::999"));
  EXPECT_EQ(world.client.state(), State::Bound);
  EXPECT_EQ(world.sent.size(), sent);
}

TEST(Dhcp6Sim, AddressesTakenBackByTheServerAreWithdrawn) {
  World6 world;
  world.servers[0].gives = {ip6("2001:db8:1::a"), ip6("2001:db8:1::b")};
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  EXPECT_EQ(world.lease()->addresses.size(), 2u);
  world.servers[0].valid_seconds = world.servers[0].preferred_seconds = 0;
  ASSERT_TRUE(world.run_to(State::Soliciting, 3600s));
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.withdrawals, 1u);
}

// RFC 9915 18.2.10.1: what the server does not mention stays as it is, until it ends by itself.
TEST(Dhcp6Sim, AnAddressThatIsNotMentionedInARenewalStaysUntilItsEnd) {
  World6 world;
  world.servers[0].gives = {ip6("2001:db8:1::a"), ip6("2001:db8:1::b")};
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].gives = {ip6("2001:db8:1::a")};
  world.run_for(7000s);
  EXPECT_EQ(world.lease()->addresses.size(), 2u);
  world.run_for(300s);
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.lease()->addresses.size(), 1u);
  EXPECT_TRUE(world.lease()->has(ip6("2001:db8:1::a")));
  EXPECT_EQ(world.withdrawals, 0u);
}

// ---- the end
// ----------------------------------------------------------------------------------------------------------

TEST(Dhcp6Sim, StopReleasesTheLeaseOnceAndForGood) {
  World6 world;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.stop();
  EXPECT_EQ(world.last.type, kRelease);
  EXPECT_EQ(world.last.options[2], world.servers[0].duid());
  EXPECT_EQ(world.last.addresses.size(), 1u);
  EXPECT_EQ(world.withdrawals, 0u);
  size_t sent = world.sent.size();
  world.link(false);
  world.link(true);
  world.mode(Mode::Information);
  world.stop();
  world.run_for(hours(24));
  EXPECT_EQ(world.sent.size(), sent);
  EXPECT_EQ(world.servers[0].heard[kRelease], 1u);
  EXPECT_EQ(world.client.state(), State::Stopped);
}

// ---- Reconfigure
// -------------------------------------------------------------------------------------------------------

World6 accepting() { return World6(1, RapidCommit::Yes, dhcp6::Reconfigure::Accept); }

TEST(Dhcp6Sim, AReconfigureWithTheKeyIsFollowed) {
  struct Case {
    uint8_t type;
    State state;
  };
  for (const Case& one :
       {Case{kRenew, State::Renewing}, Case{kRebind, State::Rebinding}, Case{kInformation, State::Informing}}) {
    World6 world = accepting();
    world.servers[0].key = 0x5a;
    world.begin();
    ASSERT_TRUE(world.run_to(State::Bound, 3s));
    EXPECT_TRUE(world.client.expects_reconfigure());
    world.reconfigure(world.servers[0], one.type);
    EXPECT_EQ(world.client.state(), one.state);
    EXPECT_EQ(world.last.type, one.type);
    EXPECT_EQ(world.last.has(2), one.type != kRebind);
    ASSERT_TRUE(world.run_to(State::Bound, 1s));
    // A second one after it is new again, the first one anew is not.
    world.reconfigure(world.servers[0], one.type);
    EXPECT_EQ(world.client.state(), one.state);
    ASSERT_TRUE(world.run_to(State::Bound, 1s));
    world.servers[0].counter -= 1;
    world.reconfigure(world.servers[0], one.type);
    EXPECT_EQ(world.client.state(), State::Bound);
    EXPECT_EQ(world.client.counters().reconfigures_ignored, 1u);
  }
}

// The counter that came with the key may be used once, the highest there is ends it.
TEST(Dhcp6Sim, TheReplayCounterGoesUpFromThatOfTheKeyToTheHighest) {
  World6 world = accepting();
  world.servers[0].key = 0x5a;
  world.servers[0].counter = 0;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].counter = ~uint64_t{0};  // goes up to 0
  world.reconfigure(world.servers[0], kRenew);
  EXPECT_EQ(world.client.state(), State::Renewing);
  world.servers[0].key.reset();
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.servers[0].key = 0x5a;
  world.servers[0].counter = ~uint64_t{0};
  world.reconfigure(world.servers[0], kRenew);
  EXPECT_EQ(world.client.state(), State::Bound);
  world.servers[0].counter = ~uint64_t{0} - 1;
  world.reconfigure(world.servers[0], kRenew);
  EXPECT_EQ(world.client.state(), State::Renewing);
  EXPECT_FALSE(world.client.expects_reconfigure());
}

TEST(Dhcp6Sim, WithInformationAloneOnlyAnInformationRequestMayBeCalledFor) {
  World6 world = accepting();
  world.servers[0].key = 0x5a;
  world.begin(Mode::Information);
  ASSERT_TRUE(world.run_to(State::Informed, 3s));
  world.reconfigure(world.servers[0], kRenew);
  EXPECT_EQ(world.client.state(), State::Informed);
  world.reconfigure(world.servers[0], kInformation);
  EXPECT_EQ(world.client.state(), State::Informing);
  EXPECT_EQ(world.last.options[2], world.servers[0].duid());
}

TEST(Dhcp6Sim, AReconfigureThatIsNotToBeBelievedIsIgnored) {
  struct Case {
    const char* name;
    std::function<void(World6&)> send;
  };
  const Case kCases[] = {
      {"another key",
       [](World6& w) {
         Server6 other = w.servers[0];
         other.key = 0x5b;
         w.reconfigure(other, kRenew);
       }},
      {"another server",
       [](World6& w) {
         Server6 other = w.servers[0];
         other.number = 9;
         w.reconfigure(other, kRenew);
       }},
      {"a counter of before",
       [](World6& w) {
         Server6 other = w.servers[0];
         other.counter -= 2;
         w.reconfigure(other, kRenew);
       }},
      {"another client", [](World6& w) { w.reconfigure(w.servers[0], kRenew, [](auto& b) { b[8 + 9] ^= 1; }); }},
      {"a changed byte", [](World6& w) { w.reconfigure(w.servers[0], kRenew, [](auto& b) { b[3] ^= 1; }); }},
      {"a changed digest", [](World6& w) { w.reconfigure(w.servers[0], kRenew, [](auto& b) { b.back() ^= 1; }); }},
      {"no digest", [](World6& w) { w.reconfigure(w.servers[0], kRenew, [](auto& b) { b.resize(b.size() - 32); }); }},
      {"a key in the place of a digest",
       [](World6& w) { w.reconfigure(w.servers[0], kRenew, [](auto& b) { b[b.size() - 17] = 1; }); }},
      {"a type that is none", [](World6& w) { w.reconfigure(w.servers[0], 1); }},
  };
  for (const Case& one : kCases) {
    World6 world = accepting();
    world.servers[0].key = 0x5a;
    world.begin();
    ASSERT_TRUE(world.run_to(State::Bound, 3s));
    size_t sent = world.sent.size();
    one.send(world);
    EXPECT_EQ(world.client.state(), State::Bound) << one.name;
    EXPECT_EQ(world.sent.size(), sent) << one.name;
    EXPECT_EQ(world.client.counters().reconfigures_ignored, 1u) << one.name;
    world.reconfigure(world.servers[0], kRenew);  // the server's own is still believed
    EXPECT_EQ(world.client.state(), State::Renewing) << one.name;
  }
}

TEST(Dhcp6Sim, TheKeyOfAServerThatLostTheLeaseToAnotherIsForgotten) {
  World6 world = accepting();
  world.servers[0].key = 0x5a;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].online = false;
  world.servers.push_back(Server6{.number = 2});
  ASSERT_TRUE(world.run_to(State::Rebinding, 3600s));
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_FALSE(world.client.expects_reconfigure());
  world.reconfigure(world.servers[0], kRenew);
  EXPECT_EQ(world.client.state(), State::Bound);
}

TEST(Dhcp6Sim, AReconfigureIsIgnoredWhereNoneIsAccepted) {
  World6 world(1, RapidCommit::Yes, dhcp6::Reconfigure::Refuse);
  world.servers[0].key = 0x5a;
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  EXPECT_FALSE(world.last.has(20));
  EXPECT_FALSE(world.client.expects_reconfigure());
  world.reconfigure(world.servers[0], kRenew);
  EXPECT_EQ(world.client.state(), State::Bound);
}

// A key without which none was accepted: a server that sends one unasked must not have its way (class N).
TEST(Dhcp6Sim, AKeyOfAServerThatWasNotAskedForOneIsNotLearnt) {
  World6 world = accepting();
  world.begin();
  ASSERT_TRUE(world.run_to(State::Bound, 3s));
  world.servers[0].key = 0;
  world.reconfigure(world.servers[0], kRenew);  // with a key of zeros
  EXPECT_EQ(world.client.state(), State::Bound);
}

}  // namespace
}  // namespace ck::sim
