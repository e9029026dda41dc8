// SPDX-License-Identifier: MIT
#include "engine/netconf/router_guard.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/netlink/constants.h"

namespace ck::netconf {
namespace {

constexpr TimePoint kNow = from_ms(1'000'000);

TEST(NetconfRouterGuard, AFloodIsIgnoredForAPauseAndThenHeardAgain) {
  RouterGuard guard;
  for (unsigned i = 0; i < RouterGuard::kMostNewRoutes; ++i)
    EXPECT_EQ(guard.count(2, kNow), RouterGuard::Verdict::Fine);
  EXPECT_EQ(guard.next_end(), kNever);
  EXPECT_EQ(guard.count(2, kNow), RouterGuard::Verdict::Ignore);
  EXPECT_EQ(guard.count(3, kNow), RouterGuard::Verdict::Fine);
  EXPECT_EQ(guard.count(2, kNow), RouterGuard::Verdict::Fine);  // said once
  EXPECT_EQ(guard.take_ended(kNow + RouterGuard::kPause - 1ms), 0u);
  EXPECT_EQ(guard.next_end(), kNow + RouterGuard::kPause);
  EXPECT_EQ(guard.take_ended(kNow + RouterGuard::kPause), 2u);
  EXPECT_EQ(guard.next_end(), kNever);
}

TEST(NetconfRouterGuard, AFewRoutesAWhileAreNoFlood) {
  RouterGuard guard;
  for (unsigned i = 0; i < 10'000; ++i) {
    EXPECT_EQ(guard.count(2, kNow + i * 500ms), RouterGuard::Verdict::Fine);
    if (i >= 10) guard.count_gone(2);
  }
}

TEST(NetconfRouterGuard, ATrickleIsPrunedHoweverSlowItIs) {
  RouterGuard guard;
  TimePoint now = kNow;
  unsigned standing = 0, most = 0, pruned = 0;
  for (unsigned i = 0; i < 1'000; ++i, now += 11s) {
    for (unsigned route = 0; route < 60; ++route) {
      RouterGuard::Verdict verdict = guard.count(2, now);
      EXPECT_NE(verdict, RouterGuard::Verdict::Ignore);
      most = std::max(most, ++standing);
      if (verdict != RouterGuard::Verdict::Prune) continue;
      for (++pruned; standing > 12; --standing) guard.count_gone(2);
    }
  }
  EXPECT_LE(most, RouterGuard::kMostStandingRoutes + 1);
  EXPECT_GT(pruned, 100u);
}

TEST(NetconfRouterGuard, ADumpSaysAnewHowManyStand) {
  RouterGuard guard;
  for (unsigned i = 0; i < 50; ++i) (void)guard.count(2, kNow);
  guard.begin_dump();
  for (unsigned i = 0; i < RouterGuard::kMostStandingRoutes; ++i) guard.count_standing(2);
  for (unsigned i = 0; i <= RouterGuard::kMostStandingRoutes; ++i) guard.count_standing(3);
  EXPECT_FALSE(guard.is_over(2));
  EXPECT_TRUE(guard.is_over(3));
  EXPECT_EQ(guard.next_end(), kNever) << "what stands is no flood";
  EXPECT_EQ(guard.count(2, kNow + 60s), RouterGuard::Verdict::Prune);
  guard.forget_link(3);
  EXPECT_FALSE(guard.is_over(3));
}

TEST(NetconfRouterGuard, PrunesAllButTheOldestAndWhatIsInUse) {
  Present present;
  (void)present.set_link({.index = 2, .name = "eth0"});
  (void)present.set_address({.link = 2, .prefix = *parse_prefix("2001:db8:1::5/64")}, kNow);
  netlink::Route router{
      .link = 2, .destination = *parse_prefix("::/0"), .metric = 1024, .protocol = netlink::kProtocolRouter};
  for (uint8_t i = 0; i < 10; ++i) {
    Ipv6Address gateway = *parse_ipv6("fe80::");
    gateway.octets[15] = i;
    router.gateway = gateway;
    (void)present.set_route(router, kNow);
    EXPECT_EQ(is_to_be_pruned(router, present), i >= RouterGuard::kMostRouters) << int{i};
  }
  // One that found no room in the table is the last of its link, which may be the only one.
  router.gateway = *parse_ipv6("fe80::99");
  EXPECT_TRUE(is_to_be_pruned(router, present));
  router.link = 3;
  EXPECT_FALSE(is_to_be_pruned(router, present));
  netlink::Route prefix{
      .link = 2, .destination = *parse_prefix("2001:db8:1::/64"), .protocol = netlink::kProtocolKernel};
  EXPECT_FALSE(is_to_be_pruned(prefix, present));
  prefix.destination = *parse_prefix("2001:db8:2::/64");
  EXPECT_TRUE(is_to_be_pruned(prefix, present));
  prefix.protocol = netlink::kProtocolOurs;
  EXPECT_FALSE(is_to_be_pruned(prefix, present));
  netlink::Route four{.link = 2, .destination = *parse_prefix("192.0.2.0/24"), .protocol = netlink::kProtocolKernel};
  EXPECT_FALSE(is_to_be_pruned(four, present));
}

}  // namespace
}  // namespace ck::netconf
