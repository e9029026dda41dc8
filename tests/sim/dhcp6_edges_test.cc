// SPDX-License-Identifier: MIT
// The DHCPv6 client's states one by one: every edge taken, every event in every state, and who may answer in which.
#include <functional>
#include <string>

#include "sim/dhcp6_driver.h"

namespace ck::dhcp6 {
namespace {

constexpr State kAllStates[] = {State::Down,       State::Idle,       State::Init,      State::Soliciting,
                                State::Requesting, State::Confirming, State::Bound,     State::Renewing,
                                State::Rebinding,  State::Declining,  State::Informing, State::Informed,
                                State::Stopped};

TEST(Dhcp6Edges, EveryStateIsReached) {
  static_assert(std::size(kAllStates) == kStates);
  for (State state : kAllStates) {
    Driver driver;
    driver.reach(state);
    EXPECT_EQ(driver.client.state(), state) << name_of(state);
  }
}

TEST(Dhcp6Edges, EveryLegalEdgeIsTakenAndNoOther) {
  std::set<Edge> taken;
  auto run = [&](State from, const std::function<void(Driver&)>& act) {
    Driver driver;
    driver.reach(from);
    act(driver);
    taken.merge(driver.edges);
  };
  constexpr StatusCode kFailures[] = {StatusCode::NoAddrsAvail, StatusCode::NoBinding, StatusCode::NotOnLink};
  for (State state : kAllStates) {
    for (bool information : {false, true}) {
      // With a mode that calls for something else by the time that the state ends.
      for (Mode mode : {Mode::Off, Mode::Information, Mode::Stateful}) {
        auto with_mode = [=](const std::function<void(Driver&)>& act) {
          return [=](Driver& driver) {
            if (information && state == State::Bound) driver.reconfigure(MessageType::InformationRequest);
            driver.mode(mode);
            act(driver);
          };
        };
        run(state, with_mode([](Driver& driver) { driver.lost(); }));
        run(state, with_mode([](Driver& driver) { driver.found(); }));
        run(state, with_mode([](Driver& driver) { driver.step(Stop{}); }));
        run(state, with_mode([](Driver& driver) { driver.refuse(); }));
        run(state, with_mode([](Driver& driver) { driver.answer(); }));
        run(state, with_mode([](Driver& driver) {
              Reply reply = driver.reply();
              reply.rapid_commit = true;
              driver.receive(reply);
            }));
        run(state, with_mode([](Driver& driver) {
              driver.advertise();
              driver.to_timer();
            }));
        run(state, with_mode([state](Driver& driver) { driver.until_not(state); }));
        run(state, with_mode([](Driver& driver) {  // from whatever the mode made of it
              State was = driver.client.state();
              driver.until_not(was);
            }));
        run(state, with_mode([](Driver& driver) { driver.wait(8000s); }));  // wakes after the lease's end
        run(state, with_mode([](Driver& driver) { driver.wait(3000s); }));  // ... or between T2 and the end
        for (StatusCode code : kFailures)
          run(state, with_mode([=](Driver& driver) { driver.receive(driver.failure(code)); }));
        for (MessageType what : {MessageType::Renew, MessageType::Rebind, MessageType::InformationRequest})
          run(state, with_mode([=](Driver& driver) { driver.reconfigure(what); }));
      }
    }
  }
  // The longer ways: a refusal that is not the first, while a lease is extended; a Decline after NoBinding.
  for (State state : {State::Renewing, State::Rebinding}) {
    Driver driver;
    driver.reach(State::Requesting);
    driver.receive(driver.failure(StatusCode::NotOnLink));
    driver.advertise();
    driver.to_timer();
    driver.answer();
    driver.wait(1800s);
    if (state == State::Rebinding) driver.wait(1080s);
    EXPECT_EQ(driver.client.state(), state);
    driver.receive(driver.failure(StatusCode::NotOnLink));
    EXPECT_EQ(driver.client.state(), State::Init);
    taken.merge(driver.edges);
  }
  {
    Driver driver;
    driver.reach(State::Declining);
    driver.answer();
    driver.advertise();
    driver.to_timer();
    driver.answer();
    driver.refuse();
    driver.answer();
    EXPECT_EQ(driver.client.state(), State::Init);
    taken.merge(driver.edges);
  }
  {  // one of two addresses
    Driver driver;
    driver.reach(State::Requesting);
    Reply two = driver.reply();
    (void)two.associations[0].addresses.push_back({ip6("2001:db8:1::101"), 3600, 7200});
    driver.receive(two);
    driver.refuse();
    driver.answer();
    EXPECT_EQ(driver.client.state(), State::Bound);
    taken.merge(driver.edges);
  }
  for (Mode mode : {Mode::Off, Mode::Information}) {  // NoBinding, then no answer or a refusal, in another mode
    for (bool refused : {false, true}) {
      Driver driver;
      driver.reach(State::Renewing);
      driver.receive(driver.failure(StatusCode::NoBinding));
      driver.mode(mode);
      EXPECT_EQ(driver.client.state(), State::Requesting);
      if (refused)
        driver.receive(driver.failure(StatusCode::NoBinding));
      else
        driver.until_not(State::Requesting);
      taken.merge(driver.edges);
    }
  }
  {
    Driver driver;
    driver.reach(State::Renewing);
    driver.receive(driver.failure(StatusCode::NoBinding));
    driver.refuse();
    EXPECT_EQ(driver.client.state(), State::Declining);
    taken.merge(driver.edges);
  }
  std::set<Edge> legal;
  for (State from : kAllStates)
    for (State to : kAllStates)
      if (is_legal(from, to)) legal.insert({from, to});
  for (const Edge& edge : legal)
    EXPECT_TRUE(taken.contains(edge)) << name_of(edge.first) << " -> " << name_of(edge.second) << " is never taken";
  for (const Edge& edge : taken)
    EXPECT_TRUE(legal.contains(edge)) << name_of(edge.first) << " -> " << name_of(edge.second) << " is not legal";
}

// The first refusal is answered at once, those in a row wait; a renewal that went well and another link end the row.
TEST(Dhcp6Edges, RefusalsInARowEndWithARenewalAndWithTheLink) {
  Driver renewed;
  renewed.reach(State::Requesting);
  renewed.receive(renewed.failure(StatusCode::NotOnLink));
  renewed.advertise();
  renewed.to_timer();
  renewed.answer();
  renewed.wait(1800s);
  renewed.answer();
  renewed.wait(1800s);
  EXPECT_EQ(renewed.client.state(), State::Renewing);
  renewed.receive(renewed.failure(StatusCode::NotOnLink));
  EXPECT_EQ(renewed.client.state(), State::Soliciting);

  Driver moved;
  moved.reach(State::Init);
  moved.lost();
  moved.found();
  moved.advertise();
  moved.to_timer();
  moved.receive(moved.failure(StatusCode::NotOnLink));
  EXPECT_EQ(moved.client.state(), State::Soliciting);
}

TEST(Dhcp6Edges, WhatTheServerGivesNowHasItsPlaceBeforeWhatItGaveOnce) {
  Reply reply{.server = duid_of(kServerMac)};
  Association four{.iaid = kIaid};
  for (const char* text : {"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"})
    (void)four.addresses.push_back({ip6(text), 60, 120});
  auto before = make_lease(nullptr, reply, four, kFrom, from_ms(0), from_ms(0));
  ASSERT_TRUE(before.has_value());
  Association one{.iaid = kIaid};
  (void)one.addresses.push_back({ip6("2001:db8::5"), 60, 120});
  auto lease = make_lease(&*before, reply, one, kFrom, from_ms(0), from_ms(0));
  ASSERT_TRUE(lease.has_value());
  EXPECT_EQ(lease->addresses.size(), 4u);
  EXPECT_TRUE(lease->has(ip6("2001:db8::5")));
  EXPECT_FALSE(lease->has(ip6("2001:db8::1")));
}

// Routers called for nothing any more when the server did: what they say then is not in the way.
TEST(Dhcp6Edges, ModeChangesWhileTheServersWishIsFollowed) {
  for (Mode mode : {Mode::Information, Mode::Stateful}) {
    Driver driver;
    driver.reach(State::Informed);
    driver.mode(Mode::Off);
    EXPECT_EQ(driver.client.state(), State::Informed);
    driver.reconfigure(MessageType::InformationRequest);
    EXPECT_EQ(driver.client.state(), State::Informing);
    driver.mode(mode);
    EXPECT_EQ(driver.client.state(), mode == Mode::Stateful ? State::Soliciting : State::Informing);
    EXPECT_NE(driver.client.information(), nullptr);
  }
}

TEST(Dhcp6Edges, AServerThatCalledAndFellSilentIsNotWaitedForLongerThanTheRefresh) {
  Driver driver;
  driver.reach(State::Informed);
  driver.reconfigure(MessageType::InformationRequest);
  EXPECT_EQ(driver.query.server, duid_of(kServerMac));
  driver.to_timer();
  EXPECT_EQ(driver.query.server, duid_of(kServerMac));
  driver.wait(86400s);
  driver.to_timer();
  EXPECT_EQ(driver.client.state(), State::Informing);
  EXPECT_FALSE(driver.query.server.has_value());
}

struct NamedEvent {
  const char* name;
  std::function<void(Driver&)> act;
};

const std::vector<NamedEvent>& hostile_events() {
  auto with = [](MessageType type, const std::function<void(Reply&)>& change) {
    return [=](Driver& driver) {
      Reply reply = driver.reply(type);
      change(reply);
      driver.receive(reply);
    };
  };
  static std::vector<NamedEvent> events;
  if (!events.empty()) return events;
  events = {{"found", [](Driver& d) { d.found(); }},
            {"lost", [](Driver& d) { d.lost(); }},
            {"time", [](Driver& d) { d.wait(0ms); }},
            {"timer", [](Driver& d) { d.to_timer(); }},
            {"an hour", [](Driver& d) { d.wait(3600s); }},
            {"a day", [](Driver& d) { d.wait(86400s); }},
            {"off", [](Driver& d) { d.mode(Mode::Off); }},
            {"information", [](Driver& d) { d.mode(Mode::Information); }},
            {"stateful", [](Driver& d) { d.mode(Mode::Stateful); }},
            {"refused", [](Driver& d) { d.refuse(); }},
            {"another refused", [](Driver& d) { d.step(AddressRefused{ip6("2001:db8::9")}); }},
            {"stop", [](Driver& d) { d.step(Stop{}); }},
            {"reconfigure", [](Driver& d) { d.reconfigure(MessageType::Renew); }},
            {"reconfigure information", [](Driver& d) { d.reconfigure(MessageType::InformationRequest); }}};
  for (StatusCode code : {StatusCode::UnspecFail, StatusCode::NoAddrsAvail, StatusCode::NoBinding,
                          StatusCode::NotOnLink, StatusCode::UseMulticast}) {
    events.push_back({"failure", [=](Driver& d) { d.receive(d.failure(code)); }});
    events.push_back(
        {"failure of the message", with(MessageType::Reply, [=](Reply& r) { r.status = Status{.code = code}; })});
  }
  for (MessageType type : {MessageType::Advertise, MessageType::Reply, MessageType::Reconfigure}) {
    events.push_back({"plain", with(type, [](Reply&) {})});
    events.push_back({"rapid", with(type, [](Reply& r) { r.rapid_commit = true; })});
    events.push_back({"best", with(type, [](Reply& r) { r.preference = 255; })});
    events.push_back({"other transaction", with(type, [](Reply& r) { ++r.transaction; })});
    events.push_back({"other client", with(type, [](Reply& r) { r.client = duid_of(kOtherMac); })});
    events.push_back({"no client", with(type, [](Reply& r) { r.client.reset(); })});
    events.push_back({"other server", with(type, [](Reply& r) { r.server = duid_of(kOtherMac); })});
    events.push_back({"no server", with(type, [](Reply& r) { r.server.reset(); })});
    events.push_back({"no association", with(type, [](Reply& r) { r.associations.clear(); })});
    events.push_back({"other association", with(type, [](Reply& r) { ++r.associations[0].iaid; })});
    events.push_back({"no address", with(type, [](Reply& r) { r.associations[0].addresses.clear(); })});
    auto lives = [&](const char* name, uint32_t preferred, uint32_t valid, uint32_t t1, uint32_t t2) {
      events.push_back({name, with(type, [=](Reply& r) {
                          r.rapid_commit = true;
                          r.associations[0] = {.iaid = kIaid, .t1_seconds = t1, .t2_seconds = t2};
                          (void)r.associations[0].addresses.push_back({kAddress, preferred, valid});
                        })});
    };
    lives("taken back", 0, 0, 0, 0);
    lives("one second", 1, 1, 1, 1);
    lives("deprecated", 0, 100, 0, 0);
    lives("for ever", 0xffffffff, 0xffffffff, 0, 0);
    lives("nearly for ever", 0xfffffffe, 0xfffffffe, 0xfffffffe, 0xffffffff);
    lives("T1 for ever", 100, 200, 0xffffffff, 0xffffffff);
    lives("T1 without T2", 100, 200, 60, 0);
    lives("T2 without T1", 100, 200, 0, 3);
  }
  return events;
}

void expect_sound(const Driver& driver, const std::string& where) {
  for (const Edge& edge : driver.edges) EXPECT_TRUE(is_legal(edge.first, edge.second)) << where;
  const Lease* lease = driver.client.lease();
  if (lease == nullptr) return;
  EXPECT_FALSE(lease->addresses.empty()) << where;
  EXPECT_GT(lease->expires_at, driver.now) << where;
  EXPECT_LE(lease->renew_at, lease->rebind_at) << where;
  EXPECT_LE(lease->rebind_at, lease->expires_at) << where;
  EXPECT_LE(driver.timer, lease->expires_at) << where;
}

TEST(Dhcp6Edges, EveryPairOfEventsIsHarmlessInEveryState) {
  for (State state : kAllStates) {
    for (const NamedEvent& first : hostile_events()) {
      for (const NamedEvent& second : hostile_events()) {
        Driver driver;
        driver.reach(state);
        first.act(driver);
        second.act(driver);
        driver.to_timer();
        expect_sound(driver, std::string(name_of(state)) + ", " + first.name + ", " + second.name);
      }
    }
  }
}

// RFC 9915 16: what a message must have to be for us.
TEST(Dhcp6Edges, MessagesThatAreNotForUsChangeNothing) {
  for (State state : kAllStates) {
    for (MessageType type : {MessageType::Advertise, MessageType::Reply}) {
      for (int wrong = 0; wrong < 4; ++wrong) {
        Driver driver;
        driver.reach(state);
        Reply reply = driver.reply(type);
        reply.preference = 255;
        reply.rapid_commit = true;
        reply.solicit_max_rt = 60;
        if (wrong == 0) ++reply.transaction;
        if (wrong == 1) reply.client.reset();
        if (wrong == 2) reply.client = duid_of(kOtherMac);
        if (wrong == 3) reply.server.reset();
        uint32_t ignored = driver.client.counters().ignored;
        bool had_lease = driver.client.lease() != nullptr;
        driver.receive(reply);
        EXPECT_EQ(driver.client.state(), state);
        EXPECT_EQ(driver.client.lease() != nullptr, had_lease);
        EXPECT_EQ(driver.client.counters().ignored, ignored + 1);
      }
    }
  }
}

TEST(Dhcp6Edges, OnlyTheServerThatWasAskedMayAnswerARequestARenewalAndADecline) {
  for (State state : {State::Requesting, State::Renewing, State::Declining}) {
    for (bool refuses : {false, true}) {
      Driver driver;
      driver.reach(state);
      Reply other = refuses ? driver.failure(StatusCode::NotOnLink) : driver.reply();
      other.server = duid_of(kOtherMac);
      driver.receive(other);
      EXPECT_EQ(driver.client.state(), state);
      driver.answer();
      EXPECT_NE(driver.client.state(), state);
    }
  }
  Driver driver;
  driver.reach(State::Rebinding);
  Reply other = driver.reply();
  other.server = duid_of(kOtherMac);
  driver.receive(other);
  EXPECT_EQ(driver.client.state(), State::Bound);
  EXPECT_EQ(driver.client.lease()->server, duid_of(kOtherMac));
}

TEST(Dhcp6Edges, ARapidReplyCountsOnlyWhenBothSidesWantIt) {
  struct Case {
    RapidCommit asked;
    bool answered;
    State state;
  };
  for (const Case& one :
       {Case{RapidCommit::Yes, true, State::Bound}, Case{RapidCommit::Yes, false, State::Soliciting},
        Case{RapidCommit::No, true, State::Soliciting}, Case{RapidCommit::No, false, State::Soliciting}}) {
    Driver driver(Mode::Stateful, one.asked);
    driver.found();
    EXPECT_EQ(driver.query.rapid_commit, one.asked);
    Reply reply = driver.reply();
    reply.rapid_commit = one.answered;
    driver.receive(reply);
    EXPECT_EQ(driver.client.state(), one.state);
  }
}

}  // namespace
}  // namespace ck::dhcp6
