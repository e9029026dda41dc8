// SPDX-License-Identifier: MIT
// Address conflict detection and link-local addresses on a simulated segment under virtual time: several hosts, ARP as
// bytes, loss and duplication.
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "engine/acd/guard.h"
#include "engine/linklocal/client.h"

namespace ck::acd {
namespace {

constexpr Ipv4Address kAddress{0xc000026b};

MacAddress mac(uint8_t last) { return {{2, 0, 0, 0, 0, last}}; }

// A segment with guards on it. What one sends all others hear a millisecond later.
class Segment {
 public:
  struct Host {
    Host(uint8_t number, Segment& segment) : own(mac(number)), random(number), guard(own, random), segment(segment) {}
    void step(const Event& event) {
      State before = guard.state();
      Actions actions = guard.step(event, segment.now);
      EXPECT_FALSE(actions.list.full());
      for (const Action& action : actions.list) {
        if (const auto* send = std::get_if<Send>(&action)) {
          sent.push_back(segment.now);
          segment.carry(*this, send->packet);
        }
        if (std::holds_alternative<Usable>(action)) ++usable;
        if (std::holds_alternative<Conflict>(action)) conflicts.push_back(segment.now);
      }
      if (before != guard.state()) edges.insert({before, guard.state()});
      timer = actions.timer;
      EXPECT_TRUE(timer > segment.now) << "standing still";
    }
    MacAddress own;
    SeededRandom random;
    Guard guard;
    Segment& segment;
    TimePoint timer = kNever;
    std::vector<TimePoint> sent;
    std::vector<TimePoint> conflicts;
    unsigned usable = 0;
    std::set<std::pair<State, State>> edges;
  };

  Host& add() {
    hosts.emplace_back(static_cast<uint8_t>(hosts.size() + 1), *this);
    hosts.back().step(LinkFound{});
    return hosts.back();
  }

  void run_for(Duration duration) {
    TimePoint end = now + duration;
    for (;;) {
      TimePoint next = packets.empty() ? kNever : packets.begin()->first;
      Host* due = nullptr;
      for (Host& host : hosts)
        if (host.timer < next) {
          next = host.timer;
          due = &host;
        }
      if (next > end) break;
      now = next;
      if (due != nullptr) {
        due->step(TimeReached{});
        continue;
      }
      auto deliver = std::move(packets.begin()->second);
      packets.erase(packets.begin());
      deliver();
    }
    now = end;
  }

  void carry(const Host& from, const arp::Packet& packet) {
    for (Host& host : hosts) {
      if (&host == &from || random.below(100) < loss) continue;
      unsigned copies = random.below(100) < duplication ? 2 : 1;
      for (unsigned i = 0; i < copies; ++i)
        packets.emplace(now + Duration(1 + random.below(5)), [&host, packet] { host.step(Received{packet}); });
    }
  }

  TimePoint now = from_ms(1'000'000);
  std::deque<Host> hosts;
  std::multimap<TimePoint, std::function<void()>> packets;
  SeededRandom random{77};
  unsigned loss = 0;
  unsigned duplication = 0;
};

TEST(AcdSim, AnAddressThatNobodyHasIsAnnouncedAndThenQuiet) {
  Segment segment;
  auto& host = segment.add();
  host.step(Claim{kAddress, Use::AtOnce});
  EXPECT_EQ(host.sent.size(), 2u);  // a probe and an announcement, at once
  segment.run_for(10s);
  EXPECT_EQ(host.guard.state(), State::Guarding);
  EXPECT_EQ(host.sent.size(), kProbes + kAnnouncements);
  segment.run_for(24h);
  EXPECT_EQ(host.sent.size(), kProbes + kAnnouncements);
  EXPECT_TRUE(host.conflicts.empty());
}

TEST(AcdSim, ARenewalChangesNothing) {
  Segment segment;
  auto& host = segment.add();
  host.step(Claim{kAddress, Use::AtOnce});
  segment.run_for(10s);
  size_t sent = host.sent.size();
  host.step(Claim{kAddress, Use::AtOnce});
  segment.run_for(10s);
  EXPECT_EQ(host.sent.size(), sent);
}

TEST(AcdSim, TheFirstOwnerKeepsItAndTheSecondGivesUpAtOnce) {
  Segment segment;
  auto& first = segment.add();
  auto& second = segment.add();
  first.step(Claim{kAddress, Use::AtOnce});
  segment.run_for(60s);
  TimePoint began = segment.now;
  second.step(Claim{kAddress, Use::AtOnce});
  segment.run_for(60s);
  ASSERT_EQ(second.conflicts.size(), 1u);
  EXPECT_LE(second.conflicts[0] - began, 100ms);
  EXPECT_EQ(second.guard.state(), State::Idle);
  EXPECT_TRUE(first.conflicts.empty());
  EXPECT_EQ(first.guard.state(), State::Guarding);
}

TEST(AcdSim, AfterProbingIsNeverUsableWhenItIsTaken) {
  Segment segment;
  auto& first = segment.add();
  auto& second = segment.add();
  first.step(Claim{kAddress, Use::AtOnce});
  segment.run_for(60s);
  // The kernel of the first answers probes.
  segment.packets.emplace(segment.now + 2s, [&] {
    second.step(Received{arp::Packet{arp::Operation::Reply, first.own, kAddress, second.own, kAddress}});
  });
  second.step(Claim{kAddress, Use::AfterProbing});
  segment.run_for(60s);
  EXPECT_EQ(second.usable, 0u);
  EXPECT_EQ(second.conflicts.size(), 1u);
}

TEST(AcdSim, TwoThatProbeAtTheSameTimeDoNotBothTakeIt) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Segment segment;
    segment.random = SeededRandom(seed);
    auto& first = segment.add();
    auto& second = segment.add();
    first.step(Claim{kAddress, Use::AfterProbing});
    second.step(Claim{kAddress, Use::AfterProbing});
    segment.run_for(60s);
    EXPECT_LE(first.usable + second.usable, 1u) << seed;
  }
}

TEST(AcdSim, OneConflictIsDefendedTwoInTenSecondsAreFinal) {
  Segment segment;
  auto& host = segment.add();
  host.step(Claim{kAddress, Use::AtOnce});
  segment.run_for(60s);
  size_t sent = host.sent.size();
  host.step(Received{arp::announcement(mac(9), kAddress)});
  EXPECT_EQ(host.sent.size(), sent + 1);
  EXPECT_TRUE(host.conflicts.empty());
  segment.run_for(11s);
  host.step(Received{arp::announcement(mac(9), kAddress)});
  EXPECT_EQ(host.sent.size(), sent + 2);
  segment.run_for(5s);
  host.step(Received{arp::announcement(mac(9), kAddress)});
  EXPECT_EQ(host.conflicts.size(), 1u);
  EXPECT_EQ(host.guard.state(), State::Idle);
}

TEST(AcdSim, WhatIsNoConflict) {
  Segment segment;
  auto& host = segment.add();
  host.step(Claim{kAddress, Use::AtOnce});
  const arp::Packet harmless[] = {
      arp::announcement(host.own, kAddress),                 // our own, come back
      arp::probe(mac(9), kAddress),                          // in use: the kernel answers
      arp::announcement(mac(9), {kAddress.value + 1}),       // another address
      arp::announcement(MacAddress{}, kAddress),             // no host's address
      arp::announcement({{1, 0, 0x5e, 0, 0, 1}}, kAddress),  // a group
      {arp::Operation::Request, mac(9), {1}, {}, kAddress},  // asks for us
  };
  for (const arp::Packet& packet : harmless) host.step(Received{packet});
  EXPECT_TRUE(host.conflicts.empty());
  segment.run_for(60s);
  for (const arp::Packet& packet : harmless) host.step(Received{packet});
  EXPECT_TRUE(host.conflicts.empty());
}

TEST(AcdSim, AFloodCausesNoFloodOfOurs) {
  Segment segment;
  auto& host = segment.add();
  for (int round = 0; round < 600; ++round) {
    host.step(Claim{kAddress, Use::AtOnce});
    for (int i = 0; i < 100; ++i) host.step(Received{arp::announcement(mac(9), kAddress)});
    segment.run_for(100ms);
  }
  EXPECT_LE(host.sent.size(), 2u * 600u);  // what the claims themselves send
}

TEST(AcdSim, TheLinkComesBackItIsCheckedAnewWithoutBeingGivenUp) {
  Segment segment;
  auto& host = segment.add();
  host.step(Claim{kAddress, Use::AtOnce});
  segment.run_for(60s);
  host.step(LinkLost{});
  size_t sent = host.sent.size();
  segment.run_for(60s);
  EXPECT_EQ(host.sent.size(), sent);
  host.step(LinkFound{});
  EXPECT_EQ(host.guard.state(), State::Checking);
  EXPECT_EQ(host.guard.address(), kAddress);
  segment.run_for(60s);
  EXPECT_EQ(host.sent.size(), sent + kProbes + kAnnouncements);
}

TEST(AcdSim, LossAndDuplicationOnlyDelayTheVerdict) {
  for (unsigned loss : {10u, 30u, 50u}) {
    Segment segment;
    segment.loss = loss;
    segment.duplication = 20;
    auto& first = segment.add();
    auto& second = segment.add();
    first.step(Claim{kAddress, Use::AtOnce});
    segment.run_for(60s);
    second.step(Claim{kAddress, Use::AtOnce});
    segment.run_for(60s);
    EXPECT_LE(first.conflicts.size() + second.conflicts.size(), 2u) << loss;
  }
}

// Leads a guard into each state and there does everything to it.
void reach(Segment& segment, Segment::Host& host, State state) {
  switch (state) {
    case State::Idle: return;
    case State::Probing: host.step(Claim{kAddress, Use::AfterProbing}); return;
    case State::Announcing:
      host.step(Claim{kAddress, Use::AfterProbing});
      while (host.usable == 0) segment.run_for(1ms);
      return;
    case State::Checking: host.step(Claim{kAddress, Use::AtOnce}); return;
    case State::Guarding:
      host.step(Claim{kAddress, Use::AtOnce});
      segment.run_for(60s);
      return;
  }
}

TEST(AcdEdges, EveryLegalEdgeIsTakenAndNoOtherWhateverHappens) {
  const std::vector<std::function<void(Segment&, Segment::Host&)>> acts = {
      [](Segment&, Segment::Host& host) { host.step(Claim{kAddress, Use::AtOnce}); },
      [](Segment&, Segment::Host& host) { host.step(Claim{{kAddress.value + 1}, Use::AtOnce}); },
      [](Segment&, Segment::Host& host) { host.step(Claim{{kAddress.value + 1}, Use::AfterProbing}); },
      [](Segment&, Segment::Host& host) { host.step(Abandon{}); },
      [](Segment&, Segment::Host& host) { host.step(LinkFound{}); },
      [](Segment&, Segment::Host& host) { host.step(LinkLost{}); },
      [](Segment& segment, Segment::Host& host) {
        host.step(LinkLost{});
        segment.run_for(1s);
        host.step(LinkFound{});
      },
      [](Segment&, Segment::Host& host) { host.step(TimeReached{}); },
      [](Segment& segment, Segment::Host&) { segment.run_for(60s); },
      [](Segment&, Segment::Host& host) {
        for (int i = 0; i < 2; ++i) host.step(Received{arp::announcement(mac(9), kAddress)});
      },
      [](Segment&, Segment::Host& host) { host.step(Received{arp::probe(mac(9), kAddress)}); },
  };
  std::set<std::pair<State, State>> taken;
  for (State state : {State::Idle, State::Probing, State::Announcing, State::Checking, State::Guarding}) {
    for (const auto& act : acts) {
      Segment segment;
      auto& host = segment.add();
      reach(segment, host, state);
      ASSERT_EQ(host.guard.state(), state) << name_of(state);
      act(segment, host);
      taken.merge(host.edges);
    }
  }
  for (const auto& edge : taken) {
    // A claim of another address goes through Idle within one step.
    bool through_idle = is_legal(edge.first, State::Idle) && is_legal(State::Idle, edge.second);
    EXPECT_TRUE(is_legal(edge.first, edge.second) || through_idle)
        << name_of(edge.first) << " -> " << name_of(edge.second);
  }
  EXPECT_TRUE(taken.contains({State::Idle, State::Probing}));
  EXPECT_TRUE(taken.contains({State::Idle, State::Checking}));
  EXPECT_TRUE(taken.contains({State::Probing, State::Announcing}));
  EXPECT_TRUE(taken.contains({State::Announcing, State::Guarding}));
  EXPECT_TRUE(taken.contains({State::Announcing, State::Checking}));
  EXPECT_TRUE(taken.contains({State::Checking, State::Guarding}));
  EXPECT_TRUE(taken.contains({State::Guarding, State::Checking}));
  for (State state : {State::Probing, State::Announcing, State::Checking, State::Guarding})
    EXPECT_TRUE(taken.contains({state, State::Idle})) << name_of(state);
}

// ---- link-local addresses
// --------------------------------------------------------------------------------------------

class Machine {
 public:
  explicit Machine(uint8_t number) : random(number), client(mac(number), random) { step(linklocal::LinkFound{}); }
  void step(const linklocal::Event& event) {
    linklocal::Actions actions = client.step(event, now);
    EXPECT_FALSE(actions.list.full());
    for (const linklocal::Action& action : actions.list) {
      if (std::holds_alternative<linklocal::Send>(action)) ++sent;
      if (std::holds_alternative<linklocal::OfferAddress>(action)) ++offers;
      if (std::holds_alternative<linklocal::WithdrawAddress>(action)) ++withdrawals;
    }
    timer = actions.timer;
    if (auto address = client.address()) {
      EXPECT_GE(*address, linklocal::kFirst);
      EXPECT_LE(*address, linklocal::kLast);
    }
  }
  void run_for(Duration duration) {
    TimePoint end = now + duration;
    while (timer <= end) {
      now = std::max(now, timer);
      step(linklocal::TimeReached{});
    }
    now = end;
  }
  SeededRandom random;
  linklocal::Client client;
  TimePoint now = from_ms(1'000'000);
  TimePoint timer = kNever;
  unsigned sent = 0;
  unsigned offers = 0;
  unsigned withdrawals = 0;
};

TEST(LinkLocalSim, IsProbedOfferedAndThenQuietForADay) {
  Machine machine(1);
  machine.step(linklocal::Start{});
  EXPECT_EQ(machine.client.address(), std::nullopt);
  machine.run_for(10s);
  ASSERT_TRUE(machine.client.address().has_value());
  machine.run_for(30s);
  unsigned sent = machine.sent;
  EXPECT_EQ(sent, kProbes + kAnnouncements);
  machine.run_for(24h);
  EXPECT_EQ(machine.sent, sent);
  machine.step(linklocal::Stop{});
  EXPECT_EQ(machine.client.address(), std::nullopt);
  EXPECT_EQ(machine.withdrawals, 1u);
  EXPECT_EQ(machine.timer, kNever);
}

TEST(LinkLocalSim, TheSameMachineTriesTheSameAddressFirst) {
  auto first_of = [](uint8_t number) {
    Machine machine(number);
    machine.step(linklocal::Start{});
    return *machine.client.candidate();
  };
  EXPECT_EQ(first_of(1), first_of(1));
  EXPECT_NE(first_of(1), first_of(2));
}

TEST(LinkLocalSim, ConflictsLeadToOtherAddressesAndAreRateLimited) {
  Machine machine(1);
  machine.step(linklocal::Start{});
  std::set<Ipv4Address> tried;
  for (int i = 0; i < 600; ++i) {  // ten minutes in which every candidate is taken
    if (auto candidate = machine.client.candidate()) {
      tried.insert(*candidate);
      machine.step(linklocal::Received{arp::announcement(mac(9), *candidate)});
    }
    machine.run_for(1s);
  }
  EXPECT_GE(tried.size(), linklocal::kMaxConflicts);
  EXPECT_LE(tried.size(), linklocal::kMaxConflicts + 11);
  machine.run_for(5min);
  EXPECT_TRUE(machine.client.address().has_value());
}

TEST(LinkLocalSim, EveryEventInAnyOrderIsHarmless) {
  SeededRandom random(5);
  Machine machine(1);
  for (int i = 0; i < 100'000; ++i) {
    switch (random.below(7)) {
      case 0: machine.step(linklocal::Start{}); break;
      case 1: machine.step(linklocal::Stop{}); break;
      case 2: machine.step(linklocal::LinkFound{}); break;
      case 3: machine.step(linklocal::LinkLost{}); break;
      case 4: machine.run_for(Duration(random.below(3000))); break;
      case 5:
        machine.step(
            linklocal::Received{arp::announcement(mac(9), machine.client.candidate().value_or(linklocal::kFirst))});
        break;
      case 6: machine.step(linklocal::TimeReached{}); break;
      default: break;
    }
    if (!machine.client.is_started()) {
      EXPECT_EQ(machine.client.candidate(), std::nullopt);
    }
  }
  EXPECT_GT(machine.offers, 0u);
  EXPECT_GE(machine.offers, machine.withdrawals);
}

}  // namespace
}  // namespace ck::acd
