// SPDX-License-Identifier: MIT
// Drives the DHCPv6 client directly with values, one step at a time, and leads it into any state.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/hmac_md5.h"
#include "engine/dhcp6/client.h"
#include "support/dhcp6_messages.h"
#include "wire/dhcp6/duid.h"

namespace ck::dhcp6 {

using test::ip6;
using Edge = std::pair<State, State>;

constexpr MacAddress kMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
constexpr MacAddress kServerMac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kOtherMac{{2, 0, 0, 0, 0, 9}};
inline const Ipv6Address kAddress = ip6("2001:db8:1::100");
inline const Ipv6Address kFrom = ip6("fe80::1");
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

}  // namespace ck::dhcp6
