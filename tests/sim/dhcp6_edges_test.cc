// SPDX-License-Identifier: MIT
// The DHCPv6 client's states one by one: every edge taken, every event in every state, the rules of each message, the
// constants of RFC 9915 section 7.6.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/hmac_md5.h"
#include "engine/dhcp6/client.h"
#include "support/dhcp6_messages.h"
#include "wire/dhcp6/duid.h"

namespace ck::dhcp6 {
namespace {

using test::ip6;
using Edge = std::pair<State, State>;

constexpr MacAddress kMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
constexpr MacAddress kServerMac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kOtherMac{{2, 0, 0, 0, 0, 9}};
const Ipv6Address kAddress = ip6("2001:db8:1::100");
const Ipv6Address kFrom = ip6("fe80::1");
constexpr uint32_t kIaid = 0x00123456;

// Steps a client directly with values.
struct Driver {
  explicit Driver(Mode mode = Mode::Stateful, RapidCommit rapid = RapidCommit::Yes)
      : client({.duid = duid_of(kMac), .iaid = kIaid, .rapid_commit = rapid, .reconfigure = Reconfigure::Accept},
               random_) {
    step(SetMode{mode});
  }

  void step(const Event& event) {
    Actions actions = client.step(event, now);
    EXPECT_FALSE(actions.list.full());
    for (const Action& action : actions.list) {
      if (const auto* send = std::get_if<Send>(&action)) {
        query = send->query;
        times.push_back(now);
      }
      if (const auto* edge = std::get_if<Transition>(&action)) edges.insert({edge->from, edge->to});
    }
    timer = actions.timer;
  }
  void found() { step(LinkFound{}); }
  void lost() { step(LinkLost{}); }
  void mode(Mode mode) { step(SetMode{mode}); }
  void refuse() { step(AddressRefused{kAddress}); }
  void wait(Duration duration) {
    now += duration;
    step(TimeReached{});
  }
  void to_timer() {
    if (timer != kNever && timer > now) now = timer;
    step(TimeReached{});
  }
  void until_not(State state) {
    for (int i = 0; i < 100 && client.state() == state && timer != kNever; ++i) to_timer();
  }
  Reply reply(MessageType type = MessageType::Reply) const {
    Reply reply{.type = type, .transaction = query.transaction, .client = duid_of(kMac), .server = duid_of(kServerMac)};
    Association association{.iaid = kIaid, .t1_seconds = 1800, .t2_seconds = 2880};
    (void)association.addresses.push_back({kAddress, 3600, 7200});
    (void)reply.associations.push_back(association);
    return reply;
  }
  Reply failure(StatusCode code) const {
    Reply failed = reply();
    failed.associations[0].addresses.clear();
    failed.associations[0].status = Status{.code = code};
    return failed;
  }
  void receive(const Reply& message) { step(Received{message, kFrom}); }
  void answer() { receive(reply()); }
  void answer_with_key() {
    Reply with_key = reply();
    with_key.authentication = Authentication{.kind = Authentication::Kind::Key, .replay_counter = counter};
    with_key.authentication->value.fill(0x77);
    receive(with_key);
  }
  void advertise() { receive(reply(MessageType::Advertise)); }
  // A Reconfigure that is believed, since the key came with the answer.
  void reconfigure(MessageType what) {
    test::Options6 options;
    Duid client_duid = duid_of(kMac);
    Duid server_duid = duid_of(kServerMac);
    options.option(1, {client_duid.begin(), client_duid.end()}).option(2, {server_duid.begin(), server_duid.end()});
    options.option(19, {static_cast<uint8_t>(what)}).authentication(++counter, 2, test::ByteVector(16, 0));
    test::ByteVector bytes = test::message6(10, 0, options);
    HmacMd5 hmac(test::ByteVector(16, 0x77));
    hmac.update(bytes);
    Md5Digest digest = hmac.finish();
    std::copy(digest.begin(), digest.end(), bytes.end() - 16);
    auto parsed = parse_reply(bytes);
    ASSERT_TRUE(parsed.has_value());
    receive(*parsed);
  }

  // Leads a fresh client into a state.
  void reach(State state) {
    if (state == State::Down) return;
    if (state == State::Idle) mode(Mode::Off);
    if (state == State::Informing || state == State::Informed) mode(Mode::Information);
    found();
    if (state == State::Idle || state == State::Informing || state == State::Soliciting) return;
    if (state == State::Informed) return answer_with_key();
    advertise();
    to_timer();
    if (state == State::Requesting) return;
    if (state == State::Init) {
      receive(failure(StatusCode::NoAddrsAvail));
      advertise();
      to_timer();
      receive(failure(StatusCode::NoAddrsAvail));  // the second one in a row waits
      return;
    }
    answer_with_key();
    if (state == State::Bound) return;
    if (state == State::Confirming) {
      lost();
      found();
      return;
    }
    if (state == State::Declining) return refuse();
    if (state == State::Stopped) return step(Stop{});
    wait(1800s);
    if (state == State::Renewing) return;
    wait(1080s);
  }

 private:
  SeededRandom random_{7};

 public:
  Client client;
  TimePoint now = from_ms(1'000'000);
  TimePoint timer = kNever;
  Query query;
  uint64_t counter = 5;
  std::vector<TimePoint> times;
  std::set<Edge> edges;
};

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

// RFC 9915 18.2.1 to 18.2.8: what each message holds.
TEST(Dhcp6Edges, EachMessageHoldsWhatItMust) {
  struct Case {
    State state;
    MessageType type;
    bool server, association, addresses;
  };
  for (const Case& one : {Case{State::Soliciting, MessageType::Solicit, false, true, false},
                          Case{State::Requesting, MessageType::Request, true, true, true},
                          Case{State::Confirming, MessageType::Confirm, false, true, true},
                          Case{State::Renewing, MessageType::Renew, true, true, true},
                          Case{State::Rebinding, MessageType::Rebind, false, true, true},
                          Case{State::Declining, MessageType::Decline, true, true, true},
                          Case{State::Stopped, MessageType::Release, true, true, true},
                          Case{State::Informing, MessageType::InformationRequest, false, false, false}}) {
    Driver driver;
    driver.reach(one.state);
    EXPECT_EQ(driver.query.type, one.type);
    EXPECT_EQ(driver.query.client, duid_of(kMac));
    EXPECT_EQ(driver.query.server.has_value(), one.server) << name_of(one.state);
    EXPECT_EQ(driver.query.iaid.has_value(), one.association) << name_of(one.state);
    EXPECT_EQ(!driver.query.addresses.empty(), one.addresses) << name_of(one.state);
    EXPECT_EQ(driver.query.elapsed, 0);
  }
}

// RFC 9915 7.6, written out once more: whoever changes one there must change it here.
TEST(Dhcp6Edges, TheConstantsAreThoseOfTheRfc) {
  struct Case {
    const char* name;
    RetransmissionRule rule;
    int64_t initial, longest;
    unsigned most;
    int64_t at_most;
  };
  for (const Case& one :
       {Case{"Solicit", kSolicitRule, 1000, 3'600'000, 0, 0}, Case{"Request", kRequestRule, 1000, 30'000, 10, 0},
        Case{"Confirm", kConfirmRule, 1000, 4000, 0, 10'000}, Case{"Renew", kRenewRule, 10'000, 600'000, 0, 0},
        Case{"Rebind", kRebindRule, 10'000, 600'000, 0, 0}, Case{"Decline", kDeclineRule, 1000, 0, 4, 0},
        Case{"Information-request", kInformationRule, 1000, 3'600'000, 0, 0}}) {
    EXPECT_EQ(one.rule.initial.count(), one.initial) << one.name;
    EXPECT_EQ(one.rule.longest.count(), one.longest) << one.name;
    EXPECT_EQ(one.rule.most, one.most) << one.name;
    EXPECT_EQ(one.rule.at_most.count(), one.at_most) << one.name;
  }
  EXPECT_EQ(kRefreshDefault, 86400s);
  EXPECT_EQ(kLeastRefresh, 600s);
  EXPECT_EQ(kRefreshDelay, 1s);
  EXPECT_EQ(kLeastMaxRt, 60u);
  EXPECT_EQ(kLargestMaxRt, 86400u);
}

// ... and are what a client that nobody answers goes by: each time twice the one before and a tenth, up to the longest
// and a tenth.
TEST(Dhcp6Edges, TransmissionsKeepTheTimesOfTheRfc) {
  struct Case {
    State state;
    int64_t initial, longest;
    size_t transmissions;  // all that there are, or as many as are looked at
    bool gives_up;
  };
  for (const Case& one :
       {Case{State::Soliciting, 1000, 3'600'000, 20, false}, Case{State::Requesting, 1000, 30'000, 10, true},
        Case{State::Confirming, 1000, 4000, 4, true},     // 10 s
        Case{State::Renewing, 10'000, 600'000, 6, true},  // till T2: 1080 s
        Case{State::Rebinding, 10'000, 600'000, 11, false}, Case{State::Declining, 1000, 1'000'000, 4, true},
        Case{State::Informing, 1000, 3'600'000, 20, false}}) {
    Driver driver;
    driver.reach(one.state);
    driver.times.erase(driver.times.begin(), driver.times.end() - 1);
    while (driver.client.state() == one.state && driver.times.size() < one.transmissions) driver.to_timer();
    ASSERT_EQ(driver.client.state(), one.state) << name_of(one.state);
    ASSERT_EQ(driver.times.size(), one.transmissions);
    int64_t before = 0;
    for (size_t i = 1; i < driver.times.size(); ++i) {
      int64_t gap = (driver.times[i] - driver.times[i - 1]).count();
      int64_t least = before == 0 ? one.initial * 9 / 10 : before * 19 / 10;
      int64_t most = before == 0 ? one.initial * 11 / 10 : before * 21 / 10;
      if (before == 0 && one.state == State::Soliciting) least = one.initial + 1;  // 18.2.1: strictly greater
      EXPECT_GE(gap, std::min(least, one.longest * 9 / 10)) << name_of(one.state) << i;
      EXPECT_LE(gap, most > one.longest ? one.longest * 11 / 10 : most + 1) << name_of(one.state) << i;
      before = gap;
    }
    if (!one.gives_up) continue;
    driver.until_not(one.state);
    EXPECT_NE(driver.client.state(), one.state);
  }
}

TEST(Dhcp6Edges, TimesOfALease) {
  struct Case {
    uint32_t preferred, valid, t1, t2;
    int64_t renew, rebind, end;  // seconds; 0: never
  };
  constexpr uint32_t kEver = kInfiniteSeconds;
  for (const Case& one : {Case{3600, 7200, 1000, 2000, 1000, 2000, 7200}, Case{3600, 7200, 0, 0, 1800, 2880, 7200},
                          Case{3600, 7200, 0, 1000, 1000, 1000, 7200}, Case{3600, 7200, 1000, 0, 1000, 2880, 7200},
                          Case{3600, 7200, 3000, 0, 3000, 3000, 7200}, Case{3600, 7200, 7200, 7200, 1800, 2880, 7200},
                          Case{3600, 7200, 8000, 9000, 1800, 2880, 7200}, Case{0, 7200, 0, 0, 3600, 5760, 7200},
                          Case{1, 1, 0, 0, 1, 1, 1}, Case{2, 2, 1, 1, 1, 1, 2}, Case{kEver, kEver, 0, 0, 0, 0, 0},
                          Case{kEver, kEver, 100, 200, 100, 200, 0}, Case{3600, kEver, 0, 0, 1800, 2880, 0},
                          Case{3600, 7200, kEver, kEver, 7200, 7200, 7200},  // never asked to: it ends
                          Case{0xfffffffe, 0xfffffffe, 0, 0, 0x7fffffff, 3435973835, 0xfffffffe}}) {
    Reply reply{.server = duid_of(kServerMac)};
    Association association{.iaid = kIaid, .t1_seconds = one.t1, .t2_seconds = one.t2};
    (void)association.addresses.push_back({kAddress, one.preferred, one.valid});
    TimePoint start = from_ms(5000);
    auto lease = make_lease(nullptr, reply, association, kFrom, start, start);
    ASSERT_TRUE(lease.has_value());
    auto seconds = [&](TimePoint time) { return time == kNever ? 0 : (time - start).count() / 1000; };
    EXPECT_EQ(seconds(lease->renew_at), one.renew) << one.preferred << " " << one.t1;
    EXPECT_EQ(seconds(lease->rebind_at), one.rebind) << one.preferred << " " << one.t2;
    EXPECT_EQ(seconds(lease->expires_at), one.end) << one.valid;
  }
}

// A lease counts from when it was asked for: an answer that comes after its end is none.
TEST(Dhcp6Edges, ALeaseThatIsOverBeforeItsAnswerCameIsNotUsed) {
  Driver driver;
  driver.reach(State::Requesting);
  Reply late = driver.reply();
  late.associations[0].addresses[0] = {kAddress, 1, 1};
  driver.now += 1s;
  driver.receive(late);
  EXPECT_EQ(driver.client.state(), State::Requesting);
  EXPECT_EQ(driver.client.lease(), nullptr);
  EXPECT_EQ(driver.client.counters().faulty, 1u);
}

TEST(Dhcp6Edges, TimeServersComeFromOption56BeforeOption31) {
  Reply reply;
  (void)reply.sntp.push_back(ip6("2001:db8::31"));
  EXPECT_EQ(make_information(reply, kFrom, from_ms(0), Refresh::No).ntp[0], ip6("2001:db8::31"));
  (void)reply.ntp.push_back(ip6("2001:db8::56"));
  Information information = make_information(reply, kFrom, from_ms(0), Refresh::No);
  ASSERT_EQ(information.ntp.size(), 1u);
  EXPECT_EQ(information.ntp[0], ip6("2001:db8::56"));
  EXPECT_EQ(information.refresh_at, kNever);
}

}  // namespace
}  // namespace ck::dhcp6
