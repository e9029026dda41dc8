// SPDX-License-Identifier: MIT
#include "engine/netconf/router_search.h"

#include <gtest/gtest.h>

#include <vector>

#include "wire/netlink/constants.h"

namespace ck::netconf {
namespace {

// When solicitations go out while no router is found, counted from the beginning of the search.
std::vector<Duration> run_for(RouterSearch& search, TimePoint began, Duration duration) {
  std::vector<Duration> sent;
  for (TimePoint now = began; now <= began + duration; now = search.next()) {
    EXPECT_FALSE(search.take(now - 1ms) && now > began);
    if (!search.take(now)) break;
    sent.push_back(now - began);
    if (search.next() <= now) {
      ADD_FAILURE() << "standing still";
      break;
    }
  }
  return sent;
}

TEST(NetconfRouterSearch, TheFirstIsSentAtOnceAndRepeatedWithinHalfASecond) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SeededRandom random(seed);
    RouterSearch search(random);
    TimePoint now = from_ms(5000);
    EXPECT_FALSE(search.take(now));
    search.begin(now);
    std::vector<Duration> sent = run_for(search, now, 10s);
    ASSERT_GE(sent.size(), 4u);
    EXPECT_EQ(sent[0], Duration(0));
    EXPECT_GE(sent[1], 250ms);
    EXPECT_LE(sent[1], 500ms);
    EXPECT_LE(sent[2], 1500ms);
    EXPECT_LE(sent[3], 3500ms);
  }
}

TEST(NetconfRouterSearch, APortThatForwardsLateIsServedWithinSeconds) {
  SeededRandom random(1);
  RouterSearch search(random);
  search.begin(from_ms(0));
  std::vector<Duration> sent = run_for(search, from_ms(0), 61s);
  for (size_t i = 1; i < sent.size(); ++i) EXPECT_LE(sent[i] - sent[i - 1], 9s);
  EXPECT_GT(sent.back(), 50s);
  EXPECT_LE(sent.size(), 14u);
}

TEST(NetconfRouterSearch, WhereThereIsNoRouterItGrowsRareButNeverEnds) {
  SeededRandom random(1);
  RouterSearch search(random);
  search.begin(from_ms(0));
  std::vector<Duration> sent = run_for(search, from_ms(0), 30 * 24h);
  EXPECT_LE(sent.size(), 30u * 27u + 25u);  // an hour, less at most a tenth
  EXPECT_GE(sent.size(), 30u * 21u);
  EXPECT_LE(sent.back() - sent[sent.size() - 2], RouterSearch::kLongest * 11 / 10);
}

TEST(NetconfRouterSearch, AFoundRouterEndsItAndANewLinkBeginsAnew) {
  SeededRandom random(1);
  RouterSearch search(random);
  search.begin(from_ms(0));
  (void)run_for(search, from_ms(0), 1h);
  search.end();
  EXPECT_EQ(search.next(), kNever);
  EXPECT_FALSE(search.take(from_ms(0) + 24h));
  TimePoint later = from_ms(0) + 48h;
  search.begin(later);
  std::vector<Duration> sent = run_for(search, later, 1s);
  ASSERT_GE(sent.size(), 2u);
  EXPECT_LE(sent[1], 500ms);
}

TEST(NetconfRouterSearch, ARouterIsWhoMadeItselfTheDefaultOne) {
  struct Case {
    const char* name;
    netlink::Route route;
    bool expected;
  };
  const IpPrefix everything{.address = Ipv6Address{}, .length = 0};
  const IpAddress router{Ipv6Address{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
  const IpPrefix specific{.address = Ipv6Address{{0x20, 1, 0x0d, 0xb8}}, .length = 32};
  const Case cases[] = {
      {"default",
       {.link = 2, .destination = everything, .gateway = router, .protocol = netlink::kProtocolRouter},
       true},
      {"other link",
       {.link = 3, .destination = everything, .gateway = router, .protocol = netlink::kProtocolRouter},
       false},
      {"by hand", {.link = 2, .destination = everything, .gateway = router, .protocol = netlink::kProtocolOurs}, false},
      {"specific",
       {.link = 2, .destination = specific, .gateway = router, .protocol = netlink::kProtocolRouter},
       false},
  };
  for (const Case& test : cases) {
    Present present;
    for (uint32_t index : {2u, 3u}) {
      netlink::Link link;
      link.index = index;
      (void)present.set_link(link);
    }
    EXPECT_FALSE(has_router(present, 2));
    EXPECT_EQ(present.set_route(test.route, from_ms(0)), Update::Added) << test.name;
    EXPECT_EQ(has_router(present, 2), test.expected) << test.name;
  }
}

}  // namespace
}  // namespace ck::netconf
