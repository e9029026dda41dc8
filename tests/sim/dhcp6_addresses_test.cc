// SPDX-License-Identifier: MIT
// The DHCPv6 client and addresses that cannot stay: declined, taken back, left out, released.
#include <gtest/gtest.h>

#include "sim/dhcp6_world.h"

namespace ck::sim {
namespace {

using dhcp6::Mode;
using dhcp6::State;
using std::chrono::hours;
using test::ip6;

constexpr uint8_t kSolicit = 1, kRelease = 8, kDecline = 9;

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

}  // namespace
}  // namespace ck::sim
