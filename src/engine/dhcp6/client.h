// SPDX-License-Identifier: MIT
// The DHCPv6 client as a pure state machine (RFC 9915 section 18.2). One client serves one link and asks for one IA_NA,
// or for information alone, as the link's routers call for.
// It owns the lease and its timers; it does not own a socket, a clock or an interface: replies and time come in as
// events, queries and lease changes go out as actions. A message that is not for us (section 16), or not legal in the
// present state, is dropped and counted, never fatal.
//
// Where it departs from the RFC, on purpose: no random delay before the first Solicit, Information-request or Confirm,
// since machines behind one switch seldom start within a millisecond. A Release is sent once, as nobody waits for it.
// Not done, since RFC 9915 deprecates it or a host has no use for it: IA_TA, Server Unicast, delayed authentication,
// prefix delegation.
//
// Mode: what a router does not call for any more is not taken back (as RFC 2462 5.5.3 said of its flags): a lease is
// renewed as long as servers do so, information is kept until its refresh is due.
//
// Link: when it goes, lease and information stay for kLinkGrace and are then withdrawn, but the lease is remembered;
// when it returns, a lease that has not expired is checked by a Confirm, and used on when nobody answers (18.2.3).
//
// Failures in a row (NotOnLink, NoAddrsAvail, Requests without an answer, an address that another host has) lead to a
// pause that doubles.
#pragma once

#include <optional>
#include <variant>

#include "base/random.h"
#include "base/time.h"
#include "engine/dhcp6/allowance.h"
#include "engine/dhcp6/lease.h"
#include "engine/dhcp6/reconfigure_key.h"
#include "engine/dhcp6/retransmission.h"
#include "engine/dhcp6/state.h"
#include "wire/dhcp6/query.h"
#include "wire/dhcp6/reply.h"

namespace ck::dhcp6 {

inline constexpr Duration kLinkGrace = 3s;
inline constexpr Duration kRefreshDelay = 1s;       // INF_MAX_DELAY: by chance, before a refresh (21.23)
inline constexpr Duration kFirstRefusalPause = 1s;  // after the second refusal in a row, then doubled
inline constexpr Duration kLongestRefusalPause = 128s;
inline constexpr uint8_t kHighestPreference = 255;  // 18.2.1: ends the collecting of Advertises

struct Settings {
  Duid duid;
  uint32_t iaid = 0;
  RapidCommit rapid_commit = RapidCommit::Yes;
  Reconfigure reconfigure = Reconfigure::Refuse;
};

// Events
struct LinkFound {};
struct LinkLost {};
struct SetMode {
  Mode mode;
};
struct TimeReached {};  // the time of the last timer, or any other time: harmless
struct Received {
  const Reply& reply;
  Ipv6Address from;
};
struct AddressRefused {  // duplicate address detection found another host that has it
  Ipv6Address address;
};
struct Stop {};  // for good: what comes after is ignored
using Event = std::variant<LinkFound, LinkLost, SetMode, TimeReached, Received, AddressRefused, Stop>;

// Actions
struct Send {  // to all servers and relays, ff02::1:2 port 547
  Query query;
};
struct Transition {
  State from;
  State to;
  Reason reason;
};
struct OfferLease {};        // lease(), and information() with it, is new, changed, renewed or confirmed: to be applied
struct WithdrawLease {};     // what was offered last is void, and so is the information that came with it
struct OfferInformation {};  // information() is new, or changed, or there is none any more
using Action = std::variant<Send, Transition, OfferLease, WithdrawLease, OfferInformation>;

struct Actions {
  FixedVector<Action, 8> list;  // in the order in which they are to be carried out
  TimePoint timer = kNever;     // when TimeReached is wanted; replaces what was asked for before
};

struct Counters {
  uint32_t sent = 0;
  uint32_t received = 0;              // replies that were used
  uint32_t ignored = 0;               // not for us, or not now
  uint32_t faulty = 0;                // for us, but nothing to be used
  uint32_t reconfigures_ignored = 0;  // not accepted, not believed, or not now
};

class Client {
 public:
  // `random` must outlive the client.
  Client(const Settings& settings, RandomSource& random) : settings_(settings), random_(random) {}

  Actions step(const Event& event, TimePoint now);

  State state() const { return state_; }
  Mode mode() const { return mode_; }
  // The lease that is in use: offered and not withdrawn.
  const Lease* lease() const { return in_use_ ? &*lease_ : nullptr; }
  // The lease's, or else what an Information-request brought.
  const Information* information() const;
  // A Reconfigure could come at any time.
  bool expects_reconfigure() const { return key_.is_known() && state_ != State::Down && state_ != State::Stopped; }
  const Counters& counters() const { return counters_; }

 private:
  // What a Request asks for, and whom.
  struct Target {
    Duid server;
    AddressList addresses;
    uint8_t preference = 0;
  };

  void on_link_found(TimePoint now, Actions& actions);
  void on_link_lost(TimePoint now, Actions& actions);
  void on_mode(Mode mode, TimePoint now, Actions& actions);
  void on_time(TimePoint now, Actions& actions);
  void on_time_with_lease(TimePoint now, Actions& actions);
  void on_address_refused(const Ipv6Address& address, TimePoint now, Actions& actions);
  void on_stop(TimePoint now, Actions& actions);

  // Replies: client_replies.cc
  void on_received(const Reply& reply, const Ipv6Address& from, TimePoint now, Actions& actions);
  void on_advertise(const Reply& reply, TimePoint now, Actions& actions);
  void on_reply(const Reply& reply, const Ipv6Address& from, TimePoint now, Actions& actions);
  void on_lease_reply(const Reply& reply, const Ipv6Address& from, TimePoint now, Actions& actions);
  void on_confirm_reply(const Reply& reply, TimePoint now, Actions& actions);
  void on_information(const Reply& reply, const Ipv6Address& from, Actions& actions);
  void on_reconfigure(const Reply& reply, TimePoint now, Actions& actions);
  void take_back(const Association& association, TimePoint now, Actions& actions);
  bool is_awaited(const Reply& reply) const;

  void enter(State next, Reason reason, Actions& actions);
  // Begins an exchange in a new state and sends its first message.
  void ask(State next, Reason reason, const RetransmissionRule& rule, TimePoint now, Actions& actions);
  void begin(const RetransmissionRule& rule);
  void send(TimePoint now, Actions& actions);
  Query query() const;
  // From the beginning, with what the mode calls for.
  void start_over(Reason reason, TimePoint now, Actions& actions);
  // The same, but after a pause when that was not the first refusal.
  void set_back(Reason reason, TimePoint now, Actions& actions);
  void request(TimePoint now, Actions& actions);
  void keep_using(Reason reason, Actions& actions);
  void end_declining(Reason reason, TimePoint now, Actions& actions);
  void expire(TimePoint now, Actions& actions);
  void withdraw(Actions& actions);
  void drop_lease(Actions& actions);
  void drop_information(Actions& actions);
  RetransmissionRule information_rule() const;
  TimePoint next_time() const;

  Settings settings_;
  RandomSource& random_;
  Counters counters_;

  State state_ = State::Down;
  Mode mode_ = Mode::Off;
  std::optional<Lease> lease_;  // in use, or remembered for when the link returns
  bool in_use_ = false;
  std::optional<Information> information_;  // of an Information-request
  TimePoint refresh_at_ = kNever;           // Informed: when to ask again
  std::optional<Target> target_;            // Soliciting: the best so far; Requesting: what we asked for
  AddressList declined_;                    // Declining
  std::optional<Duid> asked_;               // Declining, and Informing after a Reconfigure: the server that is meant
  ReconfigureKey key_;
  Retransmission retransmission_;
  Allowance allowance_;
  uint32_t transaction_ = 0;
  TimePoint sent_ = from_ms(0);
  TimePoint resend_at_ = kNever;    // also: the end of Init's pause
  TimePoint withdraw_at_ = kNever;  // Down: the end of the grace
  Duration solicit_max_rt_ = kSolicitRule.longest;
  Duration information_max_rt_ = kInformationRule.longest;
  unsigned refusals_ = 0;  // since a lease was renewed, or the link came
};

}  // namespace ck::dhcp6
