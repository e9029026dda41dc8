// SPDX-License-Identifier: MIT
// The DHCPv4 client as a pure state machine (RFC 2131 section 4.4, figure 5). One client serves one link.
// It owns the lease and its timers; it does not own a socket, a clock or an interface: replies and time come in as
// events, queries and lease changes go out as actions. A reply that is not for us, or not legal in the present state,
// is dropped and counted, never fatal.
//
// Where it departs from the RFC, on purpose: no random delay before the first DISCOVER, and the first retransmission
// after 250 to 500 ms instead of 4 s (4.1), since a lost packet is common while a switch port or a virtual machine's
// network wakes up. Without a lease it asks at least every 8 s; with one still in use, at most every 64 s.
//
// Carrier: when it goes the lease stays for kCarrierGrace and is then withdrawn, but remembered; when it returns a
// lease that has not expired is confirmed by a REQUEST as in INIT-REBOOT (4.4.2), and while nobody answers that it is
// used on.
#pragma once

#include <optional>
#include <variant>

#include "base/random.h"
#include "base/time.h"
#include "engine/dhcp4/backoff.h"
#include "engine/dhcp4/lease.h"
#include "engine/dhcp4/state.h"
#include "wire/dhcp4/query.h"
#include "wire/dhcp4/reply.h"

namespace ck::dhcp4 {

inline constexpr Duration kFirstWait = 500ms;
inline constexpr Duration kCapWithoutLease = 8s;
inline constexpr Duration kCapWithLease = 64s;      // RFC 2131 4.1
inline constexpr Duration kLeastRenewalWait = 60s;  // RFC 2131 4.4.5
inline constexpr Duration kCarrierGrace = 3s;
inline constexpr unsigned kRequestTries = 4;        // then back to DISCOVER
inline constexpr unsigned kRebootTries = 3;         // about two seconds, then DISCOVER
inline constexpr Duration kFirstRefusalPause = 1s;  // after the second NAK in a row, then doubled
inline constexpr Duration kLongestRefusalPause = 64s;

// Events
struct CarrierFound {};
struct CarrierLost {};
struct TimeReached {};  // the time of the last ArmTimer, or any other time: harmless
struct Received {
  const Reply& reply;
};
using Event = std::variant<CarrierFound, CarrierLost, TimeReached, Received>;

// Actions
struct Send {
  Query query;
  std::optional<Ipv4Address> to;  // none: broadcast by the raw socket
};
struct Transition {
  State from;
  State to;
  Reason reason;
};
struct OfferLease {};     // lease() is new, changed, renewed or confirmed: to be applied
struct WithdrawLease {};  // what was offered last is void
using Action = std::variant<Send, Transition, OfferLease, WithdrawLease>;

struct Actions {
  FixedVector<Action, 8> list;  // in the order in which they are to be carried out
  TimePoint timer = kNever;     // when TimeReached is wanted; replaces what was asked for before
};

struct Counters {
  uint32_t sent = 0;
  uint32_t received = 0;  // replies that were used
  uint32_t ignored = 0;   // not for us, or not now
  uint32_t faulty = 0;    // for us, but not a usable lease
};

class Client {
 public:
  // `random` must outlive the client.
  Client(MacAddress hardware, FixedString<63> host_name, RandomSource& random)
      : hardware_(hardware), host_name_(host_name), random_(random) {}

  Actions step(const Event& event, TimePoint now);

  State state() const { return state_; }
  // The lease that is in use: offered and not withdrawn.
  const Lease* lease() const { return in_use_ ? &*lease_ : nullptr; }
  const Counters& counters() const { return counters_; }

 private:
  void on_carrier_found(TimePoint now, Actions& actions);
  void on_carrier_lost(TimePoint now, Actions& actions);
  void on_time(TimePoint now, Actions& actions);
  void on_reply(const Reply& reply, TimePoint now, Actions& actions);
  void on_offer(const Reply& reply, TimePoint now, Actions& actions);
  void on_ack(const Reply& reply, TimePoint now, Actions& actions);
  void on_nak(const Reply& reply, TimePoint now, Actions& actions);

  void enter(State next, Reason reason, Actions& actions);
  void select(Reason reason, TimePoint now, Actions& actions);
  void send(TimePoint now, Actions& actions);
  void expire(TimePoint now, Actions& actions);
  void withdraw(Actions& actions);
  void begin_exchange(TimePoint now);
  bool is_for_us(const Reply& reply) const;
  TimePoint next_time() const;

  MacAddress hardware_;
  FixedString<63> host_name_;
  RandomSource& random_;
  Counters counters_;

  State state_ = State::Down;
  std::optional<Lease> lease_;  // in use, or remembered for when carrier returns
  bool in_use_ = false;
  std::optional<Lease> offer_;  // Requesting: what we asked for
  uint32_t transaction_ = 0;
  TimePoint began_ = from_ms(0);  // this exchange, for "secs"
  uint16_t seconds_ = 0;
  TimePoint sent_ = from_ms(0);
  Backoff backoff_{kFirstWait, kCapWithoutLease};
  TimePoint resend_at_ = kNever;    // also: the end of Init's pause
  TimePoint withdraw_at_ = kNever;  // Down: the end of the grace
  unsigned refusals_ = 0;           // NAKs since the last ACK
};

}  // namespace ck::dhcp4
