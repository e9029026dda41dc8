// SPDX-License-Identifier: MIT
// An address that is not given up under any circumstances (RFC 5227 2.4 (c)): kept, defended, and no storm about it.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "engine/acd/guard.h"

namespace ck::acd {
namespace {

constexpr Ipv4Address kAddress{0xc0000205};

MacAddress mac(uint8_t last) { return {{2, 0, 0, 0, 0, last}}; }

struct Host {
  explicit Host(uint8_t number) : own(mac(number)), random(number), guard(own, random) {}
  std::vector<arp::Packet> step(const Event& event, TimePoint now) {
    std::vector<arp::Packet> packets;
    Actions actions = guard.step(event, now);
    EXPECT_FALSE(actions.list.full());
    for (const Action& action : actions.list) {
      if (const auto* send = std::get_if<Send>(&action)) packets.push_back(send->packet);
      if (const auto* contest = std::get_if<Contest>(&action)) contests.push_back(*contest);
      EXPECT_FALSE(std::holds_alternative<Conflict>(action));
      EXPECT_FALSE(std::holds_alternative<Usable>(action));
    }
    sent += packets.size();
    timer = actions.timer;
    return packets;
  }
  // Until all probes and announcements are out.
  TimePoint settle(TimePoint now) {
    while (timer != kNever) {
      now = timer;
      (void)step(TimeReached{}, now);
    }
    return now;
  }
  MacAddress own;
  SeededRandom random;
  Guard guard;
  TimePoint timer = kNever;
  std::vector<Contest> contests;
  size_t sent = 0;
};

TEST(AcdAlways, IsProbedAndAnnouncedAtOnceAsOthersAre) {
  Host host(1);
  TimePoint now = from_ms(1000);
  (void)host.step(LinkFound{}, now);
  std::vector<arp::Packet> first = host.step(Claim{kAddress, Use::Always}, now);
  EXPECT_EQ(first, (std::vector{arp::probe(mac(1), kAddress), arp::announcement(mac(1), kAddress)}));
  (void)host.settle(now);
  EXPECT_EQ(host.sent, kProbes + kAnnouncements);
  EXPECT_EQ(host.guard.state(), State::Guarding);
}

TEST(AcdAlways, AConflictIsToldAndDefendedAndTheAddressKept) {
  for (bool settled : {false, true}) {
    Host host(1);
    TimePoint now = from_ms(1000);
    (void)host.step(LinkFound{}, now);
    (void)host.step(Claim{kAddress, Use::Always}, now);
    if (settled) now = host.settle(now);
    for (int i = 0; i < 100; ++i) {
      std::vector<arp::Packet> answer = host.step(Received{arp::announcement(mac(9), kAddress)}, now);
      if (i == 0) {
        EXPECT_EQ(answer, std::vector{arp::announcement(mac(1), kAddress)}) << settled;
      } else {
        EXPECT_TRUE(answer.empty()) << settled;
      }
      EXPECT_EQ(host.guard.address(), kAddress);
      now += 99ms;  // a hundred within DEFEND_INTERVAL
    }
    ASSERT_EQ(host.contests.size(), 1u);
    EXPECT_EQ(host.contests[0].by, mac(9));
    now += 1s;
    (void)host.step(Received{arp::announcement(mac(8), kAddress)}, now);
    ASSERT_EQ(host.contests.size(), 2u);
    EXPECT_EQ(host.contests[1].by, mac(8));
    EXPECT_NE(host.guard.state(), State::Idle);
  }
}

TEST(AcdAlways, TwoThatBothKeepItDoNotFloodTheNetwork) {
  std::array<Host, 2> hosts = {Host(1), Host(2)};
  TimePoint now = from_ms(1000);
  std::multimap<TimePoint, std::pair<size_t, arp::Packet>> packets;
  auto step = [&](size_t index, const Event& event) {
    for (const arp::Packet& packet : hosts[index].step(event, now))
      packets.emplace(now + 1ms, std::pair(1 - index, packet));
  };
  for (size_t index : {0u, 1u}) {
    step(index, LinkFound{});
    step(index, Claim{kAddress, Use::Always});
  }
  for (TimePoint end = now + 24h;;) {
    TimePoint packet = packets.empty() ? kNever : packets.begin()->first;
    TimePoint next = std::min({packet, hosts[0].timer, hosts[1].timer});
    if (next > end) break;
    now = next;
    if (packet == next) {
      auto [to, content] = packets.begin()->second;
      packets.erase(packets.begin());
      step(to, Received{content});
      continue;
    }
    for (size_t index : {0u, 1u})
      if (hosts[index].timer <= now) step(index, TimeReached{});
  }
  for (const Host& host : hosts) {
    EXPECT_EQ(host.guard.address(), kAddress);
    EXPECT_FALSE(host.contests.empty());
    EXPECT_LE(host.sent, kProbes + kAnnouncements + 2);
  }
}

TEST(AcdAlways, WhatIsAbandonedIsNotDefended) {
  Host host(1);
  (void)host.step(LinkFound{}, from_ms(1000));
  (void)host.step(Claim{kAddress, Use::Always}, from_ms(1000));
  (void)host.step(Abandon{}, from_ms(2000));
  EXPECT_TRUE(host.step(Received{arp::announcement(mac(9), kAddress)}, from_ms(3000)).empty());
  EXPECT_TRUE(host.contests.empty());
  EXPECT_EQ(host.timer, kNever);
}

}  // namespace
}  // namespace ck::acd
