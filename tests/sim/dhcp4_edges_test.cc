// SPDX-License-Identifier: MIT
// Every edge of the DHCPv4 client's table is taken, no other can be, and every event is harmless in every state.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "sim/dhcp4_driver.h"

namespace ck::dhcp4 {
namespace {

TEST(Dhcp4Edges, EveryStateIsReached) {
  for (State state : kAllStates) {
    Driver driver;
    driver.reach(state);
    EXPECT_EQ(driver.client.state(), state) << name_of(state);
  }
}

TEST(Dhcp4Edges, EveryLegalEdgeIsTakenAndNoOther) {
  std::set<Edge> taken;
  auto run = [&](State from, const std::function<void(Driver&)>& act) {
    Driver driver;
    driver.reach(from);
    act(driver);
    taken.merge(driver.edges);
  };
  Driver rapid({.rapid_commit = RapidCommit::Yes});
  rapid.reach(State::Selecting);
  rapid.step(Received{rapid.rapid_ack()});
  taken.merge(rapid.edges);
  for (State state : kAllStates) {
    run(state, [](Driver& driver) { driver.step(Conflict{}); });
    run(state, [](Driver& driver) { driver.step(Stop{}); });
    run(state, [](Driver& driver) { driver.lost(); });
    run(state, [](Driver& driver) { driver.found(); });
    run(state, [](Driver& driver) { driver.offer(); });
    run(state, [](Driver& driver) { driver.ack(); });
    run(state, [](Driver& driver) { driver.nak(); });
    run(state, [state](Driver& driver) { driver.until_not(state); });
    run(state, [](Driver& driver) { driver.wait(3600s); });  // a suspended machine wakes after the lease's end
    run(state, [](Driver& driver) { driver.wait(3200s); });  // ... or between T2 and the end
  }
  run(State::Rebooting, [](Driver& driver) {
    driver.until_not(State::Rebooting);
    driver.step(Conflict{});  // asking anew, with the lease in use
  });
  std::set<Edge> legal;
  for (State from : kAllStates)
    for (State to : kAllStates)
      if (is_legal(from, to)) legal.insert({from, to});
  for (const Edge& edge : legal)
    EXPECT_TRUE(taken.contains(edge)) << name_of(edge.first) << " -> " << name_of(edge.second) << " is never taken";
  for (const Edge& edge : taken)
    EXPECT_TRUE(legal.contains(edge)) << name_of(edge.first) << " -> " << name_of(edge.second) << " is not legal";
}

struct NamedEvent {
  const char* name;
  std::function<void(Driver&)> act;
};

// What an event of the wrong kind, for the wrong transaction or with the wrong contents does: nothing, or a legal step.
const std::vector<NamedEvent>& hostile_events() {
  auto with = [](MessageType type, const std::function<void(Reply&)>& change) {
    return [=](Driver& driver) {
      Reply reply = driver.reply(type);
      change(reply);
      driver.step(Received{reply});
    };
  };
  static std::vector<NamedEvent> events;
  if (!events.empty()) return events;
  events = {{"found", [](Driver& d) { d.found(); }},
            {"lost", [](Driver& d) { d.lost(); }},
            {"time", [](Driver& d) { d.wait(0ms); }},
            {"timer", [](Driver& d) { d.to_timer(); }},
            {"an hour", [](Driver& d) { d.wait(3600s); }}};
  events.push_back({"conflict", [](Driver& d) { d.step(Conflict{}); }});
  events.push_back({"stop", [](Driver& d) { d.step(Stop{}); }});
  events.push_back({"remember", [](Driver& d) { d.step(Remember{{kYours, 24}, d.now + 600s}); }});
  events.push_back({"remember what is over", [](Driver& d) { d.step(Remember{{kYours, 24}, d.now}); }});
  events.push_back({"remember nonsense", [](Driver& d) { d.step(Remember{{Ipv4Address{}, 24}, kNever}); }});
  for (MessageType type :
       {MessageType::Discover, MessageType::Offer, MessageType::Request, MessageType::Decline, MessageType::Ack,
        MessageType::Nak, MessageType::Release, MessageType::Inform, MessageType::ForceRenew}) {
    events.push_back({"rapid commit", with(type, [](Reply& r) { r.rapid_commit = RapidCommit::Yes; })});
    events.push_back({"IPv6 only", with(type, [](Reply& r) { r.ipv6_only_seconds = 0xffffffff; })});
    events.push_back({"plain", with(type, [](Reply&) {})});
    events.push_back({"other transaction", with(type, [](Reply& r) { ++r.transaction; })});
    events.push_back({"other hardware", with(type, [](Reply& r) { r.hardware.octets[5] ^= 1; })});
    events.push_back({"other server", with(type, [](Reply& r) { r.server = Ipv4Address{0xc00002fe}; })});
    events.push_back({"no server", with(type, [](Reply& r) { r.server.reset(); })});
    events.push_back({"no address", with(type, [](Reply& r) { r.yours = Ipv4Address{}; })});
    events.push_back({"loopback", with(type, [](Reply& r) { r.yours = Ipv4Address{0x7f000001}; })});
    events.push_back({"multicast", with(type, [](Reply& r) { r.yours = Ipv4Address{0xe0000001}; })});
    events.push_back({"no lease time", with(type, [](Reply& r) { r.lease_seconds.reset(); })});
    events.push_back({"one second", with(type, [](Reply& r) { r.lease_seconds = 1; })});
    events.push_back({"longest", with(type, [](Reply& r) { r.lease_seconds = 0xfffffffe; })});
    events.push_back({"T1 after T2", with(type, [](Reply& r) {
                        r.renewal_seconds = 3000;
                        r.rebinding_seconds = 10;
                      })});
    events.push_back({"T2 after the end", with(type, [](Reply& r) { r.rebinding_seconds = 0xffffffff; })});
    events.push_back({"other client", with(type, [](Reply& r) {
                        r.client_id.emplace();
                        (void)r.client_id->push_back(1);
                      })});
  }
  return events;
}

void expect_sound(const Driver& driver, const std::string& where) {
  for (const Edge& edge : driver.edges) EXPECT_TRUE(is_legal(edge.first, edge.second)) << where;
  const Lease* lease = driver.client.lease();
  if (lease == nullptr) return;
  EXPECT_GT(lease->expires_at, driver.now) << where;
  EXPECT_LE(lease->renew_at, lease->rebind_at) << where;
  EXPECT_LE(lease->rebind_at, lease->expires_at) << where;
  EXPECT_LE(driver.timer, lease->expires_at) << where;
}

TEST(Dhcp4Edges, EveryPairOfEventsIsHarmlessInEveryState) {
  for (State state : kAllStates) {
    for (const NamedEvent& first : hostile_events()) {
      for (const NamedEvent& second : hostile_events()) {
        Driver driver({.rapid_commit = RapidCommit::Yes, .ipv6_only = Ipv6Only::Yes});
        driver.reach(state);
        first.act(driver);
        second.act(driver);
        expect_sound(driver, std::string(name_of(state)) + ", " + first.name + ", " + second.name);
      }
    }
  }
}

TEST(Dhcp4Edges, RepliesThatAreNotForUsChangeNothing) {
  for (State state : kAllStates) {
    for (MessageType type : {MessageType::Offer, MessageType::Ack, MessageType::Nak}) {
      for (int wrong = 0; wrong < 3; ++wrong) {
        Driver driver;
        driver.reach(state);
        Reply reply = driver.reply(type);
        if (wrong == 0) ++reply.transaction;
        if (wrong == 1) reply.hardware.octets[0] ^= 2;
        if (wrong == 2) {
          reply.client_id.emplace();
          for (int i = 0; i < 7; ++i) (void)reply.client_id->push_back(9);
        }
        uint32_t ignored = driver.client.counters().ignored;
        bool had_lease = driver.client.lease() != nullptr;
        driver.step(Received{reply});
        EXPECT_EQ(driver.client.state(), state);
        EXPECT_EQ(driver.client.lease() != nullptr, had_lease);
        EXPECT_EQ(driver.client.counters().ignored, ignored + 1);
      }
    }
  }
}

// Only the server that was asked may refuse (a second server on the segment must not).
TEST(Dhcp4Edges, AnotherServersRefusalIsIgnoredWhileRequestingAndRenewing) {
  for (State state : {State::Requesting, State::Renewing}) {
    Driver driver;
    driver.reach(state);
    Reply refusal = driver.reply(MessageType::Nak);
    refusal.server = Ipv4Address{0xc00002fe};
    driver.step(Received{refusal});
    EXPECT_EQ(driver.client.state(), state);
  }
  for (State state : {State::Rebooting, State::Rebinding}) {
    Driver driver;
    driver.reach(state);
    Reply refusal = driver.reply(MessageType::Nak);
    refusal.server = Ipv4Address{0xc00002fe};
    driver.step(Received{refusal});
    EXPECT_EQ(driver.client.state(), State::Selecting);
    EXPECT_EQ(driver.client.lease(), nullptr);
  }
}

// RFC 2131 table 4: which fields say what kind of REQUEST it is.
TEST(Dhcp4Edges, RequestsCarryTheFieldsOfTheirState) {
  struct Case {
    State state;
    bool requested, server, client;
  };
  for (const Case& test : {Case{State::Requesting, true, true, false}, Case{State::Rebooting, true, false, false},
                           Case{State::Renewing, false, false, true}, Case{State::Rebinding, false, false, true}}) {
    Driver driver;
    driver.reach(test.state);
    EXPECT_EQ(driver.query.type, MessageType::Request);
    EXPECT_EQ(driver.query.requested.has_value(), test.requested) << name_of(test.state);
    EXPECT_EQ(driver.query.server.has_value(), test.server) << name_of(test.state);
    EXPECT_EQ(!driver.query.client.is_unspecified(), test.client) << name_of(test.state);
  }
}

TEST(Dhcp4Edges, RequestRepeatsTheSecondsOfItsDiscover) {
  Driver driver;
  driver.reach(State::Selecting);
  EXPECT_EQ(driver.query.seconds, 0);
  for (int i = 0; i < 6; ++i) driver.to_timer();
  uint16_t seconds = driver.query.seconds;
  EXPECT_GE(seconds, 5);
  driver.now += 3s;
  driver.offer();
  EXPECT_EQ(driver.query.type, MessageType::Request);
  EXPECT_EQ(driver.query.seconds, seconds);
  driver.to_timer();
  EXPECT_EQ(driver.query.seconds, seconds);
}

TEST(Dhcp4Edges, TimesOfALease) {
  struct Case {
    uint32_t lease;
    std::optional<uint32_t> t1, t2;
    int64_t renew, rebind;
  };
  for (const Case& test :
       {Case{3600, {}, {}, 1800, 3150}, Case{3600, 600, 1200, 600, 1200}, Case{3600, 2000, 1000, 1800, 3150},
        Case{3600, 0, 0, 1800, 3150}, Case{3600, 600, 7200, 1800, 3150}, Case{3600, 600, {}, 600, 3150},
        Case{3600, 3600, 3600, 1800, 3150}, Case{0xfffffffe, {}, {}, 0x7fffffff, 0xdffffffe}}) {
    Reply reply{.yours = kYours, .server = kServer};
    reply.lease_seconds = test.lease;
    reply.renewal_seconds = test.t1;
    reply.rebinding_seconds = test.t2;
    TimePoint start = from_ms(5000);
    auto lease = make_lease(reply, std::nullopt, start);
    ASSERT_TRUE(lease.has_value());
    EXPECT_EQ(lease->renew_at - start, std::chrono::seconds(test.renew)) << test.lease;
    EXPECT_EQ(lease->rebind_at - start, std::chrono::seconds(test.rebind)) << test.lease;
    EXPECT_EQ(lease->expires_at - start, std::chrono::seconds(test.lease));
  }
}

// A lease counts from when it was asked for: an answer that comes after its end is none.
TEST(Dhcp4Edges, LeaseThatIsOverBeforeItsAnswerCameIsNotUsed) {
  Driver driver;
  driver.reach(State::Requesting);
  Reply late = driver.reply(MessageType::Ack);
  late.lease_seconds = 1;
  driver.now += 1s;
  driver.step(Received{late});
  EXPECT_EQ(driver.client.state(), State::Requesting);
  EXPECT_EQ(driver.client.lease(), nullptr);
  EXPECT_EQ(driver.client.counters().faulty, 1u);
}

TEST(Dhcp4Edges, ClasslessRoutesMakeRoutersVoid) {
  Reply reply{.yours = kYours, .server = kServer};
  reply.lease_seconds = 60;
  (void)reply.routers.push_back(kServer);
  EXPECT_EQ(make_lease(reply, std::nullopt, from_ms(0))->routers.size(), 1u);
  reply.classless_routes.emplace();
  (void)reply.classless_routes->push_back({{0}, 0, kServer});
  EXPECT_TRUE(make_lease(reply, std::nullopt, from_ms(0))->routers.empty());
}

}  // namespace
}  // namespace ck::dhcp4
