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
// lease that has not expired is confirmed by a REQUEST as in INIT-REBOOT (4.4.2). While nobody answers, neither that
// nor the first DISCOVER after it, the lease is used on to its end (3.2 (4)), and asked for all the while.
//
// Servers: one that offers and then does not acknowledge is shunned (shunned_servers.h), so that it cannot starve a
// good one: its offer is taken only when no other has come for kReserveWait. FORCERENEW is never heeded. The interface
// MTU (26) is asked for in every other DISCOVER only, since some clouds never answer one that asks.
//
// Conflicts are found by the owner. The address is declined (4.4.4), and asked for no more; each one soon after the
// last doubles the pause before the next DISCOVER, which is up to half as long again by chance. On Ipv6Only networks
// see RFC 8925, for RapidCommit RFC 4039.
#pragma once

#include <optional>
#include <variant>

#include "base/random.h"
#include "base/time.h"
#include "engine/dhcp4/backoff.h"
#include "engine/dhcp4/counters.h"
#include "engine/dhcp4/lease.h"
#include "engine/dhcp4/settings.h"
#include "engine/dhcp4/shunned_servers.h"
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
inline constexpr Duration kReserveWait = 2s;          // for a better offer than a shunned server's
inline constexpr Duration kFirstConflictPause = 10s;  // RFC 2131 3.1 (5), then doubled
inline constexpr Duration kLongestConflictPause = 64s;
inline constexpr Duration kStable = 60s;              // an address in use that long was no mistake
inline constexpr Duration kLeastIpv6OnlyWait = 300s;  // RFC 8925 3.4: MIN_V6ONLY_WAIT

// Events
struct CarrierFound {};
struct CarrierLost {};
struct TimeReached {};  // the time of the last ArmTimer, or any other time: harmless
struct Received {
  const Reply& reply;
};
struct Conflict {};  // the address in use belongs to another machine: declined, withdrawn, forgotten
struct Stop {};      // an orderly end: the lease is released; what was offered stands until the owner takes it away
// In Down, without a lease: the kernel has this address of an earlier run. It is asked for when carrier is found;
// lease() stays empty until a server has acknowledged it.
struct Remember {
  IpPrefix address;
  TimePoint expires_at;
};
using Event = std::variant<CarrierFound, CarrierLost, TimeReached, Received, Conflict, Stop, Remember>;

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

class Client {
 public:
  // `random` must outlive the client.
  Client(MacAddress hardware, const Settings& settings, RandomSource& random)
      : hardware_(hardware), settings_(settings), random_(random) {}

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
  void on_conflict(TimePoint now, Actions& actions);
  void on_stop(TimePoint now, Actions& actions);
  void on_remember(const Remember& remember, TimePoint now);

  // client_replies.cc
  void on_offer(const Reply& reply, TimePoint now, Actions& actions);
  void on_ack(const Reply& reply, TimePoint now, Actions& actions);
  void on_nak(const Reply& reply, TimePoint now, Actions& actions);
  void take(const Lease& offer, TimePoint now, Actions& actions);
  void shun(TimePoint now);
  void do_without(uint32_t seconds, TimePoint now, Actions& actions);
  bool fits(const Reply& reply) const;
  bool is_for_us(const Reply& reply) const;

  // client_queries.cc
  void send(TimePoint now, Actions& actions);
  void send_decline(Actions& actions);
  void send_release(Actions& actions);
  Query query(MessageType type) const;

  void enter(State next, Reason reason, Actions& actions);
  void pause(Duration duration, Reason reason, TimePoint now, Actions& actions);
  void select(Reason reason, TimePoint now, Actions& actions);
  void expire(TimePoint now, Actions& actions);
  void use(TimePoint now, Actions& actions);
  void use_again(TimePoint now, Actions& actions);
  void withdraw(Actions& actions);
  void forget();
  void begin_exchange(TimePoint now);
  std::optional<Ipv4Address> wanted() const;
  TimePoint next_time() const;

  MacAddress hardware_;
  Settings settings_;
  RandomSource& random_;
  Counters counters_;

  State state_ = State::Down;
  std::optional<Lease> lease_;  // in use, or remembered for when carrier returns
  bool in_use_ = false;
  TimePoint used_since_ = from_ms(0);   // in use, this address
  std::optional<Remember> remembered_;  // of an earlier run, while there is no lease
  std::optional<Lease> offer_;          // Requesting: what we asked for
  std::optional<Lease> reserve_;        // Selecting: the offer of a shunned server
  TimePoint reserve_at_ = kNever;       // when that is taken
  ShunnedServers shunned_;

  uint32_t transaction_ = 0;
  TimePoint began_ = from_ms(0);  // this exchange, for "secs"
  uint16_t seconds_ = 0;
  TimePoint sent_ = from_ms(0);
  unsigned discovers_ = 0;  // in this exchange
  AskMtu ask_mtu_ = AskMtu::Yes;
  Backoff backoff_{kFirstWait, kCapWithoutLease};
  TimePoint resend_at_ = kNever;    // also: the end of Init's pause
  TimePoint withdraw_at_ = kNever;  // Down: the end of the grace
  unsigned refusals_ = 0;           // NAKs since the last ACK
  unsigned conflicts_ = 0;          // in a row, without a stable minute between
};

}  // namespace ck::dhcp4
