// SPDX-License-Identifier: MIT
// What the DHCPv4 client does on its owner's word (conflict, stop, an address of an earlier run) and by its settings.
#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <string>

#include "sim/dhcp4_driver.h"

namespace ck::dhcp4 {
namespace {

// A pause is up to half as long again.
void expect_pause(Duration pause, Duration least) {
  EXPECT_GE(pause, least);
  EXPECT_LE(pause, least * 3 / 2);
}

constexpr State kLeaseStates[] = {State::Rebooting, State::Bound, State::Renewing, State::Rebinding};

TEST(Dhcp4Owner, ConflictDeclinesByBroadcastAndForgets) {
  for (State state : kLeaseStates) {
    Driver driver;
    driver.reach(state);
    driver.step(Conflict{});
    EXPECT_EQ(driver.query.type, MessageType::Decline) << name_of(state);
    EXPECT_EQ(driver.query.requested, kYours);
    EXPECT_EQ(driver.query.server, kServer);
    EXPECT_TRUE(driver.query.client.is_unspecified());
    EXPECT_FALSE(driver.to.has_value());
    EXPECT_EQ(driver.withdrawals, 1u);
    EXPECT_EQ(driver.client.lease(), nullptr);
    EXPECT_EQ(driver.client.state(), State::Init);
    expect_pause(driver.timer - driver.now, 10s);
    EXPECT_EQ(driver.client.counters().conflicts, 1u);
    driver.to_timer();
    EXPECT_EQ(driver.query.type, MessageType::Discover);
    EXPECT_FALSE(driver.query.requested.has_value());
  }
}

TEST(Dhcp4Owner, ConflictsInARowWaitLongerUntilAStableMinute) {
  Driver driver;
  driver.found();
  for (Duration expected : {Duration(10s), Duration(20s), Duration(40s), Duration(64s), Duration(64s)}) {
    driver.offer();
    driver.ack();
    driver.wait(59s);
    driver.step(Conflict{});
    expect_pause(driver.timer - driver.now, expected);
    driver.to_timer();
  }
  driver.offer();
  driver.ack();
  driver.wait(60s);
  driver.step(Conflict{});
  expect_pause(driver.timer - driver.now, 10s);
}

TEST(Dhcp4Owner, ConflictWithoutALeaseInUseIsNothing) {
  for (State state : {State::Down, State::Init, State::Selecting, State::Requesting}) {
    Driver driver;
    driver.reach(state);
    unsigned sent = driver.sent;
    driver.step(Conflict{});
    EXPECT_EQ(driver.client.state(), state);
    EXPECT_EQ(driver.sent, sent);
  }
  Driver without_carrier;
  without_carrier.reach(State::Bound);
  without_carrier.lost();
  unsigned sent = without_carrier.sent;
  without_carrier.step(Conflict{});
  EXPECT_EQ(without_carrier.sent, sent);
  EXPECT_EQ(without_carrier.withdrawals, 1u);
  without_carrier.found();
  EXPECT_EQ(without_carrier.query.type, MessageType::Discover);
  EXPECT_FALSE(without_carrier.query.requested.has_value());
}

// An older lease may be in use while a server that refuses another address is given time.
TEST(Dhcp4Owner, ConflictDuringAPauseBeginsAnother) {
  Driver driver;
  driver.reach(State::Rebooting);
  driver.until_not(State::Rebooting);
  for (int refusals = 0; refusals < 2; ++refusals) {
    Reply other = driver.reply(MessageType::Offer);
    other.yours = Ipv4Address{0xc00002c8};
    driver.step(Received{other});
    driver.until_not(State::Selecting);
    driver.nak();
  }
  ASSERT_EQ(driver.client.state(), State::Init);
  ASSERT_NE(driver.client.lease(), nullptr);
  driver.step(Conflict{});
  EXPECT_EQ(driver.query.type, MessageType::Decline);
  EXPECT_EQ(driver.client.state(), State::Init);
  EXPECT_EQ(driver.client.lease(), nullptr);
  expect_pause(driver.timer - driver.now, 10s);
}

TEST(Dhcp4Owner, StopReleasesTheLeaseAndIsSilentAfterwards) {
  for (State state : kLeaseStates) {
    Driver driver;
    driver.reach(state);
    driver.step(Stop{});
    EXPECT_EQ(driver.query.type, MessageType::Release) << name_of(state);
    EXPECT_EQ(driver.query.client, kYours);
    EXPECT_EQ(driver.query.server, kServer);
    EXPECT_FALSE(driver.query.requested.has_value());
    EXPECT_EQ(driver.to, kServer);
    EXPECT_EQ(driver.withdrawals, 0u);
    EXPECT_EQ(driver.client.state(), State::Down);
    EXPECT_EQ(driver.client.lease(), nullptr);
    EXPECT_EQ(driver.timer, kNever);
  }
}

TEST(Dhcp4Owner, StopWithoutALeaseOrCarrierSendsNothing) {
  for (State state : {State::Down, State::Init, State::Selecting, State::Requesting}) {
    Driver driver;
    driver.reach(state);
    unsigned sent = driver.sent;
    driver.step(Stop{});
    EXPECT_EQ(driver.sent, sent) << name_of(state);
    EXPECT_EQ(driver.client.state(), State::Down);
    EXPECT_EQ(driver.timer, kNever);
  }
  Driver driver;
  driver.reach(State::Bound);
  driver.lost();
  unsigned sent = driver.sent;
  driver.step(Stop{});
  EXPECT_EQ(driver.sent, sent);
  EXPECT_EQ(driver.withdrawals, 0u);
  EXPECT_EQ(driver.timer, kNever);
}

TEST(Dhcp4Owner, RememberedAddressIsAskedForFirst) {
  Driver driver;
  driver.step(Remember{{kYours, 24}, driver.now + 600s});
  EXPECT_EQ(driver.client.state(), State::Down);
  EXPECT_EQ(driver.client.lease(), nullptr);
  driver.found();
  EXPECT_EQ(driver.client.state(), State::Rebooting);
  EXPECT_EQ(driver.query.type, MessageType::Request);
  EXPECT_EQ(driver.query.requested, kYours);
  EXPECT_FALSE(driver.query.server.has_value());
  EXPECT_EQ(driver.client.lease(), nullptr);
  driver.ack();
  ASSERT_NE(driver.client.lease(), nullptr);
  EXPECT_EQ(driver.client.lease()->server, kServer);
}

TEST(Dhcp4Owner, RememberedAddressThatNobodyConfirmsIsAskedForInTheDiscover) {
  Driver driver;
  driver.step(Remember{{kYours, 24}, driver.now + 600s});
  driver.found();
  driver.until_not(State::Rebooting);
  EXPECT_EQ(driver.client.state(), State::Selecting);
  EXPECT_EQ(driver.query.type, MessageType::Discover);
  EXPECT_EQ(driver.query.requested, kYours);
  for (int i = 0; i < 5; ++i) driver.to_timer();
  EXPECT_EQ(driver.client.lease(), nullptr);  // never used on a guess
  driver.wait(600s);
  driver.to_timer();
  EXPECT_FALSE(driver.query.requested.has_value());
}

TEST(Dhcp4Owner, RememberedAddressThatIsRefusedOrOverIsForgotten) {
  Driver refused;
  refused.step(Remember{{kYours, 24}, kNever});
  refused.found();
  refused.nak();
  EXPECT_EQ(refused.query.type, MessageType::Discover);
  EXPECT_FALSE(refused.query.requested.has_value());
  Driver over;
  over.step(Remember{{kYours, 24}, over.now + 10s});
  over.now += 10s;
  over.found();
  EXPECT_EQ(over.client.state(), State::Selecting);
  EXPECT_FALSE(over.query.requested.has_value());
}

// A remembered address has no server that could stand in for a missing option 54.
TEST(Dhcp4Owner, AnswerWithoutServerToARememberedAddressIsFaulty) {
  Driver driver;
  driver.step(Remember{{kYours, 24}, kNever});
  driver.found();
  Reply reply = driver.reply(MessageType::Ack);
  reply.server.reset();
  driver.step(Received{reply});
  EXPECT_EQ(driver.client.state(), State::Rebooting);
  EXPECT_EQ(driver.client.counters().faulty, 1u);
}

TEST(Dhcp4Owner, RapidCommitNeedsBothSides) {
  for (RapidCommit ours : {RapidCommit::No, RapidCommit::Yes}) {
    for (RapidCommit theirs : {RapidCommit::No, RapidCommit::Yes}) {
      Driver driver({.rapid_commit = ours});
      driver.found();
      EXPECT_EQ(driver.query.rapid_commit, ours);
      Reply reply = driver.reply(MessageType::Ack);
      reply.rapid_commit = theirs;
      driver.step(Received{reply});
      bool both = ours == RapidCommit::Yes && theirs == RapidCommit::Yes;
      EXPECT_EQ(driver.client.state(), both ? State::Bound : State::Selecting);
      EXPECT_EQ(driver.client.lease() != nullptr, both);
    }
  }
  Driver offered({.rapid_commit = RapidCommit::Yes});  // a server that does not know it goes the longer way
  offered.found();
  offered.offer();
  offered.ack();
  EXPECT_EQ(offered.client.state(), State::Bound);
}

TEST(Dhcp4Owner, Ipv6OnlyNetworkIsLeftInPeace) {
  struct Case {
    uint32_t seconds;
    Duration pause;
  };
  for (const Case& test :
       {Case{0, 300s}, Case{299, 300s}, Case{1800, 1800s}, Case{0xffffffff, std::chrono::seconds(0xffffffff)}}) {
    for (State state : {State::Selecting, State::Rebooting}) {
      Driver driver({.ipv6_only = Ipv6Only::Yes});
      driver.reach(state);
      Reply reply = driver.reply(state == State::Selecting ? MessageType::Offer : MessageType::Ack);
      reply.ipv6_only_seconds = test.seconds;
      driver.step(Received{reply});
      EXPECT_EQ(driver.client.state(), State::Init);
      EXPECT_EQ(driver.client.lease(), nullptr);
      EXPECT_EQ(driver.withdrawals, state == State::Rebooting ? 1u : 0u);
      EXPECT_EQ(driver.timer - driver.now, test.pause);
      driver.to_timer();
      EXPECT_EQ(driver.query.type, MessageType::Discover);
    }
  }
  Driver unwilling;  // not asked for: of no meaning
  unwilling.found();
  Reply reply = unwilling.reply(MessageType::Offer);
  reply.ipv6_only_seconds = 1800;
  unwilling.step(Received{reply});
  EXPECT_EQ(unwilling.client.state(), State::Requesting);
}

TEST(Dhcp4Owner, ConfiguredClientIdIsTheOnlyEchoThatCounts) {
  Settings settings;
  for (char byte : {'\0', 'l', 'a', 'b'}) (void)settings.client_id.push_back(static_cast<uint8_t>(byte));
  auto echo = [&](std::initializer_list<uint8_t> bytes) {
    Driver driver(settings);
    driver.found();
    EXPECT_EQ(driver.query.client_id, settings.client_id);
    Reply reply = driver.reply(MessageType::Offer);
    reply.client_id.emplace();
    for (uint8_t byte : bytes) (void)reply.client_id->push_back(byte);
    driver.step(Received{reply});
    return driver.client.state();
  };
  EXPECT_EQ(echo({0, 'l', 'a', 'b'}), State::Requesting);
  EXPECT_EQ(echo({0, 'l', 'a'}), State::Selecting);
  EXPECT_EQ(echo({0, 'l', 'a', 'b', 0}), State::Selecting);
  EXPECT_EQ(echo({1, 2, 0, 0, 0, 0, 1}), State::Selecting);  // the default one
}

TEST(Dhcp4Owner, ForceRenewIsCountedAndNothingElse) {
  for (State state : {State::Down, State::Init, State::Selecting, State::Requesting, State::Rebooting, State::Bound,
                      State::Renewing, State::Rebinding}) {
    Driver driver;
    driver.reach(state);
    unsigned sent = driver.sent;
    TimePoint timer = driver.timer;
    driver.step(Received{driver.reply(MessageType::ForceRenew)});
    EXPECT_EQ(driver.client.counters().forced_renews, 1u);
    EXPECT_EQ(driver.client.state(), state);
    EXPECT_EQ(driver.sent, sent);
    EXPECT_EQ(driver.timer, timer);
  }
}

TEST(Dhcp4Owner, EveryOtherDiscoverDoesWithoutTheMtuAndTheRequestFollows) {
  for (int answered = 0; answered < 4; ++answered) {
    Driver driver;
    driver.found();
    for (int i = 0; i < answered; ++i) driver.to_timer();
    AskMtu expected = answered % 2 == 0 ? AskMtu::Yes : AskMtu::No;
    EXPECT_EQ(driver.query.ask_mtu, expected) << answered;
    driver.offer();
    EXPECT_EQ(driver.query.type, MessageType::Request);
    EXPECT_EQ(driver.query.ask_mtu, expected) << answered;
  }
}

TEST(Dhcp4Owner, OptionFaultsOfOurRepliesAreSummed) {
  Driver driver;
  driver.found();
  Reply reply = driver.reply(MessageType::Offer);
  reply.faults.add(OptionFault::WrongLength, 2);
  reply.faults.add(OptionFault::TooLong);
  driver.step(Received{reply});
  Reply other = driver.reply(MessageType::Ack);
  other.faults.add(OptionFault::BadValue);
  ++other.transaction;
  driver.step(Received{other});
  std::map<std::string, uint32_t> seen;
  driver.client.counters().visit(
      [&](std::string_view name, uint32_t value) { EXPECT_TRUE(seen.emplace(name, value).second) << name; });
  EXPECT_EQ(seen["wrong-length"], 2u);
  EXPECT_EQ(seen["too-long"], 1u);
  EXPECT_EQ(seen["bad-value"], 0u);  // not ours
  EXPECT_EQ(seen["ignored"], 1u);
  EXPECT_EQ(seen["received"], 1u);
  EXPECT_EQ(seen["sent"], 2u);
}

}  // namespace
}  // namespace ck::dhcp4
