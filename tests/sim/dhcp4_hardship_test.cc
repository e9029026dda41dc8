// SPDX-License-Identifier: MIT
// The DHCPv4 client among servers that do not keep their word, disagree or are not there, on bad networks and on
// machines that sleep.
#include <gtest/gtest.h>

#include "sim/dhcp4_world.h"

namespace ck::sim {
namespace {

constexpr Server kGood{.address = {0xc0000202}, .gives = {0xc00002c8}, .delay = 30ms};

// RFC 2131 3.2 (4): after a long absence of the carrier, too, the lease is good until its end.
TEST(Dhcp4Hardship, CarrierBackLateWithoutServerUsesTheLeaseAgain) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  TimePoint end = world.lease()->expires_at;
  world.carrier(false);
  world.run_for(60s);
  ASSERT_EQ(world.lease(), nullptr);
  world.servers[0].online = false;
  unsigned offers = world.offers;
  world.carrier(true);
  EXPECT_EQ(world.lease(), nullptr);  // not before it was asked for
  world.run_for(5s);
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.offers, offers + 1);
  unsigned sent = world.sent;
  world.run_for(300s);
  EXPECT_GE(world.sent, sent + 4);  // and is asked for all the while
  world.run_until(end - 1ms);
  EXPECT_NE(world.lease(), nullptr);
  world.run_until(end);
  EXPECT_EQ(world.lease(), nullptr);
}

TEST(Dhcp4Hardship, LeaseThatEndedWithoutCarrierIsNotUsedAgain) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.carrier(false);
  world.run_for(3601s);
  world.servers[0].online = false;
  unsigned offers = world.offers;
  world.carrier(true);
  world.run_for(120s);
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.offers, offers);
}

// In a network whose servers do not know the old address, that is never put on the link again.
TEST(Dhcp4Hardship, OldLeaseIsNotUsedWhereAnotherIsOffered) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.carrier(false);
  world.run_for(60s);
  world.servers[0] = Server{.address = {0xc6336401}, .gives = {0xc6336464}, .authoritative = false};
  unsigned offers = world.offers;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 4s));
  EXPECT_EQ(to_text(world.lease()->address).view(), "198.51.100.100/24");
  EXPECT_EQ(world.offers, offers + 1);
}

TEST(Dhcp4Hardship, ServerThatNeverAcknowledgesDoesNotStarveAGoodOne) {
  World world;
  world.servers[0].mute = true;  // and is always the first to offer
  world.servers.push_back(kGood);
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 10s));
  EXPECT_EQ(world.lease()->server, kGood.address);
}

TEST(Dhcp4Hardship, ServerThatRefusesWhatItOffersDoesNotStarveAGoodOne) {
  World world;
  world.servers[0].refuses = true;
  world.servers.push_back(kGood);
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_EQ(world.lease()->server, kGood.address);
  world.run_for(std::chrono::hours(24));
  EXPECT_EQ(world.withdrawals, 0u);
}

TEST(Dhcp4Hardship, ManyBadServersDoNotStarveAGoodOneThatIsSlow) {
  World world;
  for (uint8_t i = 0; i < 3; ++i)
    world.servers.push_back(Server{.address = {0xc0000210u + i}, .gives = {0xc00002a0u + i}, .mute = true});
  world.servers[0].mute = true;
  world.servers.push_back(kGood);
  world.servers.back().delay = 400ms;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 60s));
  EXPECT_EQ(world.lease()->server, kGood.address);
}

// Being shunned is no ban: a server that got well is taken when it is the only one.
TEST(Dhcp4Hardship, ShunnedServerThatIsAloneIsTakenAfterAMoment) {
  World world;
  world.servers[0].mute = true;
  world.carrier(true);
  world.run_for(60s);
  EXPECT_EQ(world.lease(), nullptr);
  world.servers[0].mute = false;
  EXPECT_TRUE(world.run_to(State::Bound, 20s));
}

TEST(Dhcp4Hardship, ServerThatIsSilentToTheMtuIsAskedWithoutIt) {
  World world;
  world.servers[0].mtu_shy = true;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 2s));
  world.run_for(std::chrono::hours(24));
  EXPECT_EQ(world.withdrawals, 0u);  // the renewals go without it, too
  EXPECT_EQ(world.servers[0].discovers, 1u);
}

TEST(Dhcp4Hardship, ServersThatDisagreeAboutTheAddressNeverTakeItAway) {
  World world;
  world.servers.push_back(Server{.address = {0xc0000202}, .gives = {0xc00002c8}, .delay = 3ms});
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.run_for(std::chrono::hours(24 * 30));
  EXPECT_EQ(world.withdrawals, 0u);
  EXPECT_EQ(world.lease()->server, Ipv4Address{0xc0000201});
}

TEST(Dhcp4Hardship, LossUpToAHalfWithDuplicationAndReordering) {
  for (unsigned loss = 0; loss <= 50; loss += 10) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      World world(seed * 100 + loss);
      world.loss = loss;
      world.duplication = 25;
      world.jitter = 300ms;
      world.carrier(true);
      EXPECT_TRUE(world.run_to(State::Bound, 120s)) << loss << " % seed " << seed;
      world.run_for(std::chrono::hours(12));
      EXPECT_NE(world.lease(), nullptr) << loss << " % seed " << seed;
    }
  }
}

TEST(Dhcp4Hardship, AHundredRenewalsWithoutWithdrawal) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  unsigned offers = world.offers;
  world.run_for(1800s * 101);
  EXPECT_GE(world.offers - offers, 100u);
  EXPECT_EQ(world.withdrawals, 0u);
  EXPECT_EQ(world.servers[0].discovers, 1u);
}

// A machine that slept: whatever the clock says on waking, no lease is used past its end, and one comes soon.
TEST(Dhcp4Hardship, TimeJumps) {
  for (Duration sleep : {Duration(1s), Duration(1799s), Duration(1800s), Duration(3149s), Duration(3150s),
                         Duration(3599s), Duration(3600s), Duration(86400s), Duration(std::chrono::hours(24 * 3650))}) {
    World world;
    world.carrier(true);
    ASSERT_TRUE(world.run_to(State::Bound, 1s));
    TimePoint end = world.lease()->expires_at;
    world.jump(sleep);
    bool over = world.now >= end;
    world.run_for(2s);  // the checks of the world's steps run here
    ASSERT_NE(world.lease(), nullptr) << sleep.count();
    EXPECT_EQ(world.withdrawals, over ? 1u : 0u) << sleep.count();
  }
}

TEST(Dhcp4Hardship, ConflictsForEverAreBounded) {
  World world;
  world.carrier(true);
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(world.run_to(State::Bound, 97s));
    world.tell(dhcp4::Conflict{});
    EXPECT_EQ(world.lease(), nullptr);
  }
  EXPECT_GE(world.now - from_ms(1000), 55 * 64s);
  EXPECT_EQ(world.sent, 60u * 3);
}

}  // namespace
}  // namespace ck::sim
