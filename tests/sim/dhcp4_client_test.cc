// SPDX-License-Identifier: MIT
// The DHCPv4 client against simulated servers, hours and years under virtual time.
#include <gtest/gtest.h>

#include "sim/dhcp4_world.h"

namespace ck::sim {
namespace {

TEST(Dhcp4Sim, LeaseAfterTwoRoundTripsAndNoDelay) {
  World world;
  TimePoint began = world.now;
  world.carrier(true);
  ASSERT_EQ(world.send_times.size(), 1u);
  EXPECT_EQ(world.send_times[0], began);  // the DISCOVER goes out with the carrier
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_LE(world.now - began, 10ms);
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(to_text(world.lease()->address).view(), "192.0.2.107/24");
  EXPECT_EQ(world.lease()->expires_at - began,
            world.lease()->expires_at - world.lease()->start + (world.lease()->start - began));
  EXPECT_EQ(world.sent, 2u);
}

TEST(Dhcp4Sim, FirstRetransmissionComesSoonAndThenTheyDoubleToEightSeconds) {
  World world;
  world.servers[0].online = false;
  world.carrier(true);
  world.run_for(120s);
  ASSERT_GT(world.send_times.size(), 10u);
  Duration longest = 500ms;
  for (size_t i = 1; i < world.send_times.size(); ++i) {
    Duration gap = world.send_times[i] - world.send_times[i - 1];
    EXPECT_GE(gap, longest / 2) << i;
    EXPECT_LE(gap, longest) << i;
    longest = std::min(longest * 2, Duration(8s));
  }
}

TEST(Dhcp4Sim, ServerThatComesLateIsFoundWithinTheCap) {
  World world;
  world.servers[0].online = false;
  world.carrier(true);
  world.run_for(3600s);
  world.servers[0].online = true;
  EXPECT_TRUE(world.run_to(State::Bound, 9s));
}

// Half of all packets lost, repeated, late: it still gets and keeps a lease, for many seeds.
TEST(Dhcp4Sim, LossDuplicationAndReorderingAreOvercome) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    world.loss = 50;
    world.duplication = 30;
    world.jitter = 400ms;
    world.carrier(true);
    EXPECT_TRUE(world.run_to(State::Bound, 120s)) << seed;
    world.run_for(std::chrono::hours(24));
    EXPECT_NE(world.lease(), nullptr) << seed;
  }
}

TEST(Dhcp4Sim, AYearOfRenewalsNeverDropsTheAddress) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.run_for(std::chrono::hours(24 * 365));
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.withdrawals, 0u);
  EXPECT_EQ(world.servers[0].discovers, 1u);
  EXPECT_NEAR(world.servers[0].requests, 365 * 24 * 2, 20);  // every half hour
}

TEST(Dhcp4Sim, InfiniteLeaseIsNeverRenewed) {
  World world;
  world.servers[0].lease_seconds = dhcp4::kInfiniteSeconds;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.run_for(std::chrono::hours(24 * 365 * 10));
  EXPECT_EQ(world.sent, 2u);
  EXPECT_NE(world.lease(), nullptr);
}

TEST(Dhcp4Sim, FirstOfTwoServersIsTaken) {
  World world;
  world.servers.push_back(Server{.address = {0xc0000202}, .gives = {0xc00002c8}, .delay = 1ms});
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_EQ(world.lease()->server, Ipv4Address{0xc0000202});
  world.run_for(std::chrono::hours(24));
  EXPECT_EQ(world.lease()->server, Ipv4Address{0xc0000202});
  EXPECT_EQ(world.withdrawals, 0u);
}

// The server of the lease dies; at T2 another one that knows the lease takes over.
TEST(Dhcp4Sim, RebindingFindsAnotherServer) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.servers.push_back(Server{.address = {0xc0000202}});
  world.servers[0].online = false;
  world.run_for(3590s);
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.lease()->server, Ipv4Address{0xc0000202});
  EXPECT_EQ(world.withdrawals, 0u);
  EXPECT_TRUE(world.edges.contains({State::Renewing, State::Rebinding}));
}

TEST(Dhcp4Sim, ServerGoneForGoodEndsTheLeaseOnTime) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  TimePoint end = world.lease()->expires_at;
  world.servers[0].online = false;
  world.run_until(end - 1ms);
  EXPECT_NE(world.lease(), nullptr);
  EXPECT_EQ(world.client.state(), State::Rebinding);
  world.run_until(end);
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.withdrawals, 1u);
  EXPECT_EQ(world.client.state(), State::Selecting);
  world.servers[0].online = true;
  EXPECT_TRUE(world.run_to(State::Bound, 9s));
}

// RFC 2131 4.4.5: half of what remains, but not more often than every 60 s.
TEST(Dhcp4Sim, RenewalsKeepThePaceOfTheRfc) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.servers[0].online = false;
  size_t before = world.send_times.size();
  world.run_until(world.lease()->expires_at - 1ms);
  ASSERT_GT(world.send_times.size(), before + 3);
  for (size_t i = before + 1; i < world.send_times.size(); ++i) {
    Duration gap = world.send_times[i] - world.send_times[i - 1];
    bool at_t2 = world.send_times[i] == world.lease()->rebind_at;
    EXPECT_TRUE(gap >= 60s || at_t2) << i;
  }
}

TEST(Dhcp4Sim, LeaseThatMovesToAnotherAddress) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.servers[0].gives = Ipv4Address{0xc00002c8};  // renewal of the old one is refused from now on
  world.run_for(1900s);
  ASSERT_NE(world.lease(), nullptr);
  EXPECT_EQ(to_text(world.lease()->address).view(), "192.0.2.200/24");
  EXPECT_EQ(world.withdrawals, 1u);
}

// A server that offers and then refuses, for ever: the storm is bounded.
TEST(Dhcp4Sim, RefusalsForEverAreBounded) {
  World world;
  world.servers[0].refuses = true;
  world.carrier(true);
  world.run_for(3600s);
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_LT(world.sent, 300u);  // at the end five packets a minute
  EXPECT_GT(world.sent, 60u);
  for (size_t i = 5; i < world.send_times.size(); ++i)  // and never many at once
    EXPECT_GE(world.send_times[i] - world.send_times[i - 5], 1s) << i;
  world.servers[0].refuses = false;
  EXPECT_TRUE(world.run_to(State::Bound, 70s));
}

TEST(Dhcp4Sim, ShortestLeaseIsNoFlood) {
  World world;
  world.servers[0].lease_seconds = 1;
  world.carrier(true);
  world.run_for(60s);
  EXPECT_LT(world.sent, 130u);
}

TEST(Dhcp4Sim, CarrierBackSoonKeepsTheAddressAndConfirmsIt) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.carrier(false);
  world.run_for(2900ms);
  EXPECT_NE(world.lease(), nullptr);
  world.carrier(true);
  EXPECT_EQ(world.client.state(), State::Rebooting);
  EXPECT_TRUE(world.run_to(State::Bound, 10ms));
  EXPECT_EQ(world.withdrawals, 0u);
  EXPECT_EQ(world.servers[0].discovers, 1u);
}

TEST(Dhcp4Sim, CarrierBackLateWithdrawsAndThenConfirms) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.carrier(false);
  world.run_for(3001ms);
  EXPECT_EQ(world.lease(), nullptr);
  EXPECT_EQ(world.withdrawals, 1u);
  world.run_for(60s);
  world.carrier(true);
  EXPECT_TRUE(world.run_to(State::Bound, 10ms));
  EXPECT_EQ(world.servers[0].discovers, 1u);  // confirmed, not asked for anew
}

TEST(Dhcp4Sim, CarrierInAnotherNetworkGetsItsAddressSoon) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  world.carrier(false);
  world.run_for(60s);
  world.servers[0] = Server{.address = {0xc6336401}, .gives = {0xc6336464}};  // authoritative: refuses the old address
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 100ms));
  EXPECT_EQ(to_text(world.lease()->address).view(), "198.51.100.100/24");

  world.carrier(false);
  world.run_for(60s);
  world.servers[0] = Server{.authoritative = false};  // this one says nothing to addresses that it does not know
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 4s));
  EXPECT_EQ(to_text(world.lease()->address).view(), "192.0.2.107/24");
}

// The server is away when the carrier comes back: the lease, still in its grace, is used on and asked for again.
TEST(Dhcp4Sim, CarrierBackWithoutServerUsesTheLeaseToItsEnd) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  TimePoint end = world.lease()->expires_at;
  world.carrier(false);
  world.run_for(1s);
  world.servers[0].online = false;
  world.carrier(true);
  world.run_until(end - 1ms);
  EXPECT_NE(world.lease(), nullptr);
  world.run_until(end);
  EXPECT_EQ(world.lease(), nullptr);
  world.servers[0].online = true;
  EXPECT_TRUE(world.run_to(State::Bound, 9s));
}

TEST(Dhcp4Sim, FlappingCarrierDoesNotLoseALeaseThatStands) {
  World world;
  world.carrier(true);
  ASSERT_TRUE(world.run_to(State::Bound, 1s));
  for (int i = 0; i < 500; ++i) {
    world.carrier(false);
    world.run_for(Duration(i % 40 * 10));
    world.carrier(true);
    world.run_for(Duration(i % 7));
  }
  EXPECT_TRUE(world.run_to(State::Bound, 1s));
  EXPECT_EQ(world.withdrawals, 0u);
}

// Everything at once, for many seeds: carrier, servers and the network change at random for days each.
TEST(Dhcp4Sim, RandomLife) {
  std::set<std::pair<State, State>> edges;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    World world(seed);
    SeededRandom random(seed * 77);
    world.servers.push_back(Server{.address = {0xc0000202}, .gives = {0xc00002c8}, .delay = 30ms});
    world.jitter = 200ms;
    world.carrier(true);
    for (int turn = 0; turn < 300; ++turn) {
      Server& server = world.servers[random.below(2)];
      switch (random.below(9)) {
        case 0: world.carrier(false); break;
        case 1:
        case 2: world.carrier(true); break;
        case 3: server.online = !server.online; break;
        case 4: server.refuses = random.below(3) == 0; break;
        case 5: server.gives.value = 0xc0000264 + random.below(8); break;
        case 6: server.lease_seconds = 60u << random.below(12); break;
        case 7: world.loss = random.below(90); break;
        case 8: world.duplication = random.below(60); break;
      }
      world.run_for(Duration(random.between(1, 1 << random.below(24))));
    }
    world.loss = 0;
    for (Server& server : world.servers) {
      server.online = true;
      server.refuses = false;
    }
    world.carrier(true);
    EXPECT_TRUE(world.run_to(State::Bound, 70s) || world.lease() != nullptr) << seed;
    edges.merge(world.edges);
  }
  EXPECT_GE(edges.size(), 18u);
}

}  // namespace
}  // namespace ck::sim
