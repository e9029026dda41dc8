// SPDX-License-Identifier: MIT
// Address conflict detection (RFC 5227) for one IPv4 address on one link, as a pure state machine: ARP packets and time
// come in as events, packets and verdicts go out as actions.
//
//   Idle --Claim AtOnce or Always--> Checking --all probes and announcements sent--> Guarding
//   Idle --Claim AfterProbing--> Probing --nobody answered: Usable--> Announcing --> Guarding
//   any --Conflict, or Abandon--> Idle
//
// AtOnce is optimistic: the address is in use already, and probes run beside that use instead of before it. A conflict
// while they run is final, since the other was there first. Later the address is defended once (2.4 (b)); a second
// conflict within kDefendInterval is final. While the link is lost nothing is sent; when it is back the address is
// probed and announced anew, without being withdrawn.
//
// Always is for an address that is not given up under any circumstances (2.4 (c)), as one by hand: a conflict is
// answered by one announcement, told by Contest, and changes nothing, whenever it comes.
//
// What we send is bounded whatever arrives: one packet a defence, and a defence at most each kDefendInterval.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "base/random.h"
#include "base/time.h"
#include "wire/arp/packet.h"

namespace ck::acd {

// RFC 5227 1.1
inline constexpr Duration kProbeWait = 1s;
inline constexpr unsigned kProbes = 3;  // PROBE_NUM
inline constexpr Duration kProbeMin = 1s;
inline constexpr Duration kProbeMax = 2s;
inline constexpr Duration kAnnounceWait = 2s;
inline constexpr unsigned kAnnouncements = 2;  // ANNOUNCE_NUM
inline constexpr Duration kAnnounceInterval = 2s;
inline constexpr Duration kDefendInterval = 10s;

enum class State : uint8_t { Idle, Probing, Announcing, Checking, Guarding };
inline constexpr unsigned kStates = 5;
std::string_view name_of(State state);
bool is_legal(State from, State to);

enum class Use : uint8_t { AtOnce, AfterProbing, Always };

// Events
struct Claim {  // the address that is guarded already: nothing (a lease was renewed)
  Ipv4Address address;
  Use use;
};
struct Abandon {};
struct LinkFound {};
struct LinkLost {};
struct TimeReached {};
struct Received {
  const arp::Packet& packet;
};
using Event = std::variant<Claim, Abandon, LinkFound, LinkLost, TimeReached, Received>;

// Actions
struct Send {
  arp::Packet packet;
};
struct Usable {};  // probing is over
struct Conflict {  // the address belongs to another: it is not guarded any more
  Ipv4Address address;
  MacAddress by;
};
struct Contest {  // another uses the address, too, which is kept; at most one each kDefendInterval
  MacAddress by;
};
using Action = std::variant<Send, Usable, Conflict, Contest>;

struct Actions {
  FixedVector<Action, 8> list;
  TimePoint timer = kNever;  // when TimeReached is wanted; replaces what was asked for before
};

class Guard {
 public:
  // `random` must outlive the guard.
  Guard(const MacAddress& own, RandomSource& random) : own_(own), random_(random) {}

  Actions step(const Event& event, TimePoint now);

  State state() const { return state_; }
  std::optional<Ipv4Address> address() const { return state_ == State::Idle ? std::nullopt : std::optional(address_); }

 private:
  void on_claim(const Claim& claim, TimePoint now, Actions& actions);
  void on_time(TimePoint now, Actions& actions);
  void on_packet(const arp::Packet& packet, TimePoint now, Actions& actions);
  bool is_conflict(const arp::Packet& packet) const;
  void begin(TimePoint now, Actions& actions);
  void send_probe(TimePoint now, Actions& actions);
  void send_announcement(TimePoint now, Actions& actions);
  void enter(State next);

  MacAddress own_;
  RandomSource& random_;
  State state_ = State::Idle;
  Ipv4Address address_;
  Use use_ = Use::AtOnce;
  bool used_ = false;  // Usable was said, or the claim was for use at once
  bool link_ = false;
  unsigned probes_ = 0;
  unsigned announcements_ = 0;
  TimePoint probe_at_ = kNever;
  TimePoint announce_at_ = kNever;
  TimePoint defended_at_ = kNever;  // kNever: not yet
};

}  // namespace ck::acd
