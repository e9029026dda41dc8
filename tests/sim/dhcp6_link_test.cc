// SPDX-License-Identifier: MIT
// The DHCPv6 client when its link goes and comes, when routers change their mind, and when time jumps.
#include <gtest/gtest.h>

#include "sim/dhcp6_world.h"

namespace ck::sim {
namespace {

using dhcp6::Mode;
using dhcp6::State;
using std::chrono::hours;
using test::ip6;

constexpr uint8_t kSolicit = 1, kConfirm = 4, kInformation = 11;

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

}  // namespace
}  // namespace ck::sim
