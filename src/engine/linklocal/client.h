// SPDX-License-Identifier: MIT
// An IPv4 link-local address (RFC 3927) for a link on which no server answers. It owns the choice of the address and a
// Guard that probes before use; ARP packets and time come in as events, packets and the address go out as actions.
// The first candidate is made of the hardware address, so that a machine tends to have the same one again; each
// conflict leads to another, after kMaxConflicts at most one each kRateLimitInterval (2.2.1).
#pragma once

#include <optional>
#include <variant>

#include "base/random.h"
#include "base/time.h"
#include "engine/acd/guard.h"

namespace ck::linklocal {

inline constexpr unsigned kMaxConflicts = 10;        // RFC 3927 9
inline constexpr Duration kRateLimitInterval = 60s;  // RFC 3927 9
inline constexpr Ipv4Address kFirst{0xa9fe0100};     // 169.254.1.0 (2.1)
inline constexpr Ipv4Address kLast{0xa9fefeff};      // 169.254.254.255

// Events
struct Start {};
struct Stop {};
struct LinkFound {};
struct LinkLost {};
struct TimeReached {};
struct Received {
  const arp::Packet& packet;
};
using Event = std::variant<Start, Stop, LinkFound, LinkLost, TimeReached, Received>;

// Actions
struct Send {
  arp::Packet packet;
};
struct OfferAddress {};     // address() may be used
struct WithdrawAddress {};  // what was offered last is void
using Action = std::variant<Send, OfferAddress, WithdrawAddress>;

struct Actions {
  FixedVector<Action, 8> list;
  TimePoint timer = kNever;
};

class Client {
 public:
  // `random` must outlive the client.
  Client(const MacAddress& own, RandomSource& random);

  Actions step(const Event& event, TimePoint now);

  bool is_started() const { return started_; }
  // In use: offered and not withdrawn.
  std::optional<Ipv4Address> address() const { return in_use_ ? guard_.address() : std::nullopt; }
  // Being probed or in use.
  std::optional<Ipv4Address> candidate() const { return guard_.address(); }

 private:
  void drive(const acd::Event& event, TimePoint now, Actions& actions);
  void try_next(TimePoint now, Actions& actions);
  void withdraw(Actions& actions);

  acd::Guard guard_;
  SeededRandom choice_;  // of addresses: seeded by the hardware address
  bool started_ = false;
  bool in_use_ = false;
  unsigned conflicts_ = 0;
  TimePoint retry_at_ = kNever;
  TimePoint guard_at_ = kNever;
};

}  // namespace ck::linklocal
