// SPDX-License-Identifier: MIT
// Drives one DHCPv4 client by hand: leads it into a state, gives it events, remembers what it did.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "engine/dhcp4/client.h"

namespace ck::dhcp4 {

constexpr MacAddress kMac{{2, 0, 0, 0, 0, 1}};
constexpr Ipv4Address kServer{0xc0000201};
constexpr Ipv4Address kYours{0xc000026b};

using Edge = std::pair<State, State>;

// Drives a client by hand and remembers the edges and the last query.
class Driver {
 public:
  explicit Driver(const Settings& settings = {.host_name = "edges"}) : client(kMac, settings, random_) {}

  void step(const Event& event) {
    Actions actions = client.step(event, now);
    for (const Action& action : actions.list) {
      if (const auto* edge = std::get_if<Transition>(&action)) edges.insert({edge->from, edge->to});
      if (const auto* send = std::get_if<Send>(&action)) {
        query = send->query;
        to = send->to;
        ++sent;
      }
      if (std::get_if<WithdrawLease>(&action)) ++withdrawals;
    }
    timer = actions.timer;
  }
  void found() { step(CarrierFound{}); }
  void lost() { step(CarrierLost{}); }
  void wait(Duration duration) {
    now += duration;
    step(TimeReached{});
  }
  void to_timer() {
    if (timer != kNever && timer > now) now = timer;
    step(TimeReached{});
  }
  Reply reply(MessageType type) const {
    Reply reply{.type = type, .transaction = query.transaction, .hardware = kMac, .yours = kYours, .server = kServer};
    reply.prefix_length = 24;
    reply.lease_seconds = 3600;
    return reply;
  }
  void offer() { step(Received{reply(MessageType::Offer)}); }
  void ack() { step(Received{reply(MessageType::Ack)}); }
  Reply rapid_ack() const {
    Reply rapid = reply(MessageType::Ack);
    rapid.rapid_commit = RapidCommit::Yes;
    return rapid;
  }
  void nak() { step(Received{reply(MessageType::Nak)}); }
  void until_not(State state) {
    for (int i = 0; i < 100 && client.state() == state; ++i) to_timer();
  }

  // Leads a fresh client into a state.
  void reach(State state) {
    if (state == State::Down) return;
    found();
    if (state == State::Selecting) return;
    offer();
    if (state == State::Requesting) return;
    if (state == State::Init) {
      nak();
      offer();
      until_not(State::Selecting);  // the server is shunned, and there is no other
      nak();                        // the second refusal in a row waits
      return;
    }
    ack();
    if (state == State::Bound) return;
    if (state == State::Rebooting) {
      lost();
      found();
      return;
    }
    wait(1800s);
    if (state == State::Renewing) return;
    wait(1400s);
  }

 private:
  SeededRandom random_{7};

 public:
  Client client;
  TimePoint now = from_ms(1'000'000);
  TimePoint timer = kNever;
  Query query;
  std::optional<Ipv4Address> to;
  unsigned sent = 0;
  unsigned withdrawals = 0;
  std::set<Edge> edges;
};

constexpr State kAllStates[] = {State::Down,      State::Init,  State::Selecting, State::Requesting,
                                State::Rebooting, State::Bound, State::Renewing,  State::Rebinding};

}  // namespace ck::dhcp4
