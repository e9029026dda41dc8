// SPDX-License-Identifier: MIT
// DHCPv6 Reconfigure: what is followed, and what is not to be believed (RFC 9915 18.2.11 and 20.4).
#include <gtest/gtest.h>

#include "sim/dhcp6_world.h"

namespace ck::sim {
namespace {

using dhcp6::Mode;
using dhcp6::RapidCommit;
using dhcp6::State;

constexpr uint8_t kRenew = 5, kRebind = 6, kInformation = 11;

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
