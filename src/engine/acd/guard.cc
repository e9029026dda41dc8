// SPDX-License-Identifier: MIT
#include "engine/acd/guard.h"

#include <algorithm>
#include <array>

namespace ck::acd {

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

constexpr std::array<std::string_view, kStates> kNames = {"idle", "probing", "announcing", "checking", "guarding"};

constexpr uint8_t bit(State state) { return static_cast<uint8_t>(1u << static_cast<unsigned>(state)); }

constexpr std::array<uint8_t, kStates> kEdges = {
    /* Idle */ bit(State::Probing) | bit(State::Checking),
    /* Probing */ bit(State::Idle) | bit(State::Announcing),
    /* Announcing */ bit(State::Idle) | bit(State::Guarding) | bit(State::Checking),
    /* Checking */ bit(State::Idle) | bit(State::Guarding) | bit(State::Checking),
    /* Guarding */ bit(State::Idle) | bit(State::Checking),
};

// A host's own address; others' sender fields are noise or malice.
bool is_host(const MacAddress& mac) { return (mac.octets[0] & 1) == 0 && mac != MacAddress{}; }

}  // namespace

std::string_view name_of(State state) { return kNames[static_cast<unsigned>(state)]; }

bool is_legal(State from, State to) { return (kEdges[static_cast<unsigned>(from)] & bit(to)) != 0; }

Actions Guard::step(const Event& event, TimePoint now) {
  Actions actions;
  std::visit(Overloaded{[&](const Claim& claim) { on_claim(claim, now, actions); },
                        [&](const Abandon&) {
                          if (state_ != State::Idle) enter(State::Idle);
                        },
                        [&](const LinkFound&) {
                          if (link_) return;
                          link_ = true;
                          if (state_ != State::Idle) begin(now, actions);
                        },
                        [&](const LinkLost&) {
                          link_ = false;
                          probe_at_ = announce_at_ = kNever;
                        },
                        [&](const TimeReached&) { on_time(now, actions); },
                        [&](const Received& received) { on_packet(received.packet, now, actions); }},
             event);
  actions.timer = std::min(probe_at_, announce_at_);
  return actions;
}

void Guard::on_claim(const Claim& claim, TimePoint now, Actions& actions) {
  if (state_ != State::Idle) {
    if (claim.address == address_) return;
    enter(State::Idle);
  }
  address_ = claim.address;
  use_ = claim.use;
  used_ = claim.use != Use::AfterProbing;
  enter(used_ ? State::Checking : State::Probing);
  if (link_) begin(now, actions);
}

// From the first probe. An address in use is announced at once, too: others' caches may hold who had it before.
void Guard::begin(TimePoint now, Actions& actions) {
  probes_ = announcements_ = 0;
  announce_at_ = kNever;
  if (used_) {
    enter(State::Checking);
    send_probe(now, actions);
    send_announcement(now, actions);
    return;
  }
  probe_at_ = now + Duration(random_.between(0, kProbeWait.count()));
}

void Guard::send_probe(TimePoint now, Actions& actions) {
  (void)actions.list.push_back(Send{arp::probe(own_, address_)});
  ++probes_;
  if (probes_ < kProbes)
    probe_at_ = now + Duration(random_.between(kProbeMin.count(), kProbeMax.count()));
  else
    probe_at_ = now + kAnnounceWait;  // the time that an answer to the last one has
}

void Guard::send_announcement(TimePoint now, Actions& actions) {
  (void)actions.list.push_back(Send{arp::announcement(own_, address_)});
  ++announcements_;
  announce_at_ = announcements_ < kAnnouncements ? now + kAnnounceInterval : kNever;
}

void Guard::on_time(TimePoint now, Actions& actions) {
  if (state_ == State::Idle || !link_) return;
  if (now >= announce_at_) send_announcement(now, actions);
  if (now >= probe_at_) {
    if (probes_ < kProbes) {
      send_probe(now, actions);
    } else {
      probe_at_ = kNever;
      if (state_ == State::Probing) {
        enter(State::Announcing);
        used_ = true;
        (void)actions.list.push_back(Usable{});
        send_announcement(now, actions);
      }
    }
  }
  bool busy = state_ == State::Checking || state_ == State::Announcing;
  if (busy && probe_at_ == kNever && announce_at_ == kNever) enter(State::Guarding);
}

bool Guard::is_conflict(const arp::Packet& packet) const {
  if (state_ == State::Idle || packet.sender_mac == own_ || !is_host(packet.sender_mac)) return false;
  if (packet.sender == address_) return true;
  // Another that is about to take the same address (2.1.1). In use, the kernel answers such a probe.
  return state_ == State::Probing && packet.sender.is_unspecified() && packet.target == address_ &&
         packet.operation == arp::Operation::Request;
}

void Guard::on_packet(const arp::Packet& packet, TimePoint now, Actions& actions) {
  if (!link_ || !is_conflict(packet)) return;
  bool defended_lately = defended_at_ != kNever && now - defended_at_ < kDefendInterval;
  if (use_ == Use::Always) {
    if (defended_lately) return;
    defended_at_ = now;
    (void)actions.list.push_back(Send{arp::announcement(own_, address_)});
    (void)actions.list.push_back(Contest{packet.sender_mac});
    return;
  }
  if ((state_ == State::Guarding || state_ == State::Announcing) && !defended_lately) {
    defended_at_ = now;
    (void)actions.list.push_back(Send{arp::announcement(own_, address_)});
    return;
  }
  (void)actions.list.push_back(Conflict{address_, packet.sender_mac});
  enter(State::Idle);
}

void Guard::enter(State next) {
  if (!is_legal(state_, next)) __builtin_trap();  // a bug of ours; the simulations take every edge
  state_ = next;
  if (next != State::Idle) return;
  probe_at_ = announce_at_ = defended_at_ = kNever;
}

}  // namespace ck::acd
