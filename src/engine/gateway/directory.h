// SPDX-License-Identifier: MIT
// Which upstreams there are and in which order to try them. Members come from the command line, or, when that names
// none, from the SRV record `_vlmcs._tcp.<domain>` of each domain that netd has learnt; names are looked up as A and
// AAAA and again when their TTL is over (the least of all records that led to an answer, aliases too), when the network
// changes, and after 1 to 60 s while there is no answer; that there is no record holds as long as RFC 2308 has it,
// within bounds. Old answers serve on while a new one cannot be had. Order is fixed (ordered failover): by rank, those
// that failed lately last; what a session met is reported back, nothing is probed. Addresses of this machine are never
// candidates.
//
// Pure: the caller asks next_query() for messages to send (each from a new socket that belongs to the slot), reports
// what came, and calls again at deadline(). A slot that no longer waits() needs no socket. Capacities are fixed; what
// exceeds them is left out.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "base/random.h"
#include "base/time.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/network.h"
#include "engine/gateway/prober.h"
#include "engine/gateway/session.h"
#include "engine/resolver/query.h"

namespace ck::gateway {

inline constexpr size_t kMaxMembers = 8;
inline constexpr size_t kMaxAddresses = 4;  // of a family, of a member
inline constexpr Duration kLeastTtl = 5s;   // some names have TTL 0; asking all the time helps nobody
inline constexpr Duration kMostTtl = 24h;
inline constexpr Duration kMostBackoff = 60s;
// RFC 2308 5 proposes hours; a record that somebody adds while we wait for it should not take that long to be seen.
inline constexpr Duration kMostNegativeTtl = 60s;
// For what is not waited for: the family that a name lacks while it has the other, a service that is declared absent.
inline constexpr Duration kMostAbsentTtl = 1h;
inline constexpr Duration kHoldDown = 5s;  // after a failure, doubling to kMostBackoff
// Health checks. Each interval varies by a fifth, so that gateways do not fall into step.
inline constexpr Duration kCheckInterval = 30s;  // of a host that is healthy
inline constexpr Duration kCheckIntervalFailing = 10s;
inline constexpr Duration kCheckIntervalUntried = 1s;  // of one that there was no way to yet
inline constexpr Duration kCheckIntervalRising = 2s;   // of one that was found up again, until it counts as healthy
inline constexpr unsigned kRise = 2;                   // checks in a row that make a failing host healthy
inline constexpr unsigned kFall = 2;  // and that make a healthy one failing; one session's failure does

enum class Source : uint8_t { CommandLine, Srv };
enum class Health : uint8_t { Untried, Healthy, Failing };
enum class LookupState : uint8_t { Pending, Ok, Failed };
enum class Checks : uint8_t { None, Active };

using ErrorText = FixedString<160>;

// A question that is asked again and again.
struct Lookup {
  resolver::Query query;
  dns::Name name;  // "" when there is nothing to look up
  dns::Type type = dns::Type::A;
  LookupState state = LookupState::Pending;
  ErrorText error;
  TimePoint again = kNever;   // when to ask (again)
  uint8_t failures = 0;       // in a row
  uint8_t aliases = 0;        // followed by asking anew
  uint32_t ttl = UINT32_MAX;  // least of the aliases followed, in seconds
};

struct Member {
  dns::Name name;  // "" when the place is free
  uint16_t port = 0;
  Source source = Source::CommandLine;
  bool literal = false;
  uint8_t domain = 0;  // of Srv: which one named it
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t rank = 0;
  FixedVector<IpAddress, kMaxAddresses> v4;
  FixedVector<IpAddress, kMaxAddresses> v6;
  std::optional<IpAddress> good;  // the one that worked last
  Health health = Health::Untried;
  uint8_t failures = 0;
  TimePoint held_until{};
  int64_t rtt_ms = -1;
  Rung rung = Rung::Nothing;  // that the last check reached
  uint8_t rises = 0;          // checks in a row that found it up
  uint8_t falls = 0;          // or down
  bool in_check = false;
  TimePoint check_at{};
  TimePoint since{};  // its health is what it is
  ErrorText error;
  bool has_address() const { return !v4.empty() || !v6.empty(); }
};

// Slots: one for each domain's SRV, then A and AAAA of each member.
inline constexpr size_t kQuerySlots = kMaxDomains + 2 * kMaxMembers;

struct QueryToSend {
  uint8_t slot = 0;
  resolver::Server server;
  resolver::Transport transport = resolver::Transport::Udp;
  Bytes message;  // within the buffer that was given
};

class Directory {
 public:
  explicit Directory(RandomSource& random) : random_(random) {}

  // Before anything else. Without endpoints SRV records are looked for, in these domains or, when there are none, in
  // those that the network names. At most kMaxMembers and kMaxDomains count.
  void configure(std::span<const Endpoint> endpoints, std::span<const dns::Name> domains, TimePoint now);
  // True when something that matters has changed.
  bool set_network(const Network& heard, TimePoint now);

  // The next message to send, written into `buffer` (dns::kMaxQuery bytes). Call until there is none.
  std::optional<QueryToSend> next_query(MutableBytes buffer, TimePoint now);
  // True when the message has changed the members.
  bool received(size_t slot, Bytes message, TimePoint now);
  void send_failed(size_t slot, std::string_view error, TimePoint now);
  bool waits(size_t slot) const { return lookups_[slot].query.state() == resolver::QueryState::Wait; }
  // When a question is to be sent (again). The next check has a moment of its own, below.
  TimePoint deadline() const;

  // What to try for a new session, best first; empty when no upstream is known.
  Candidates candidates(TimePoint now) const;
  void succeeded(const Candidate& candidate, int64_t rtt_ms, TimePoint now);
  void failed(const Candidate& candidate, std::string_view why, TimePoint now);

  // Health checks (directory_checks.cc). A host that fails is then only tried first again once checks found it up.
  void set_checks(Checks checks) { checks_ = checks; }
  // The host that waits longest for its check, if one is due; tell checked() what came of it.
  std::optional<Candidate> due_check(TimePoint now);
  TimePoint check_deadline() const;
  void checked(const Candidate& candidate, const ProbeResult& result, int64_t rtt_ms, TimePoint now);

  // For the state file and tests.
  bool discovers() const { return discovers_; }
  // Its domains are those that SRV records are looked for in.
  const Network& network() const { return network_; }
  const std::array<Member, kMaxMembers>& members() const { return members_; }
  const Lookup& srv_lookup(size_t domain) const { return lookups_[domain]; }
  const Lookup& address_lookup(size_t member, Family family) const { return lookups_[slot_of(member, family)]; }
  // Members in the order of their rank.
  FixedVector<uint8_t, kMaxMembers> ranked() const;
  // The first address of a member that is not ours.
  std::optional<IpAddress> address_of(const Member& member) const;

 private:
  static size_t slot_of(size_t member, Family family) {
    return kMaxDomains + 2 * member + (family == Family::V6 ? 1 : 0);
  }
  bool awaits_check(const Member& member) const;
  // The network is another one: what could not be reached may be now.
  void hurry_checks(TimePoint now);
  // In the order to ask them.
  resolver::Servers servers(TimePoint now) const;
  void begin(Lookup& lookup, const dns::Name& name, dns::Type type, TimePoint now);
  void ask(Lookup& lookup, TimePoint now);
  void settle_failed(Lookup& lookup, std::string_view error, TimePoint now);
  void settle_ok(Lookup& lookup, uint32_t ttl, TimePoint now);
  void settle_missing(Lookup& lookup, const dns::Response& response, Duration most, TimePoint now);
  void take_srv(size_t domain, dns::Response& response, const dns::Name& owner, TimePoint now);
  void take_addresses(size_t slot, const dns::Response& response, const dns::Name& owner, TimePoint now);
  void drop_member(size_t index);
  Member* member_of(const Candidate& candidate);
  void set_health(Member& member, Health health, TimePoint now);
  void explain(Member& member, const IpAddress& address, std::string_view why);
  bool is_held(const Member& member, TimePoint now) const {
    return member.health == Health::Failing && (checks_ == Checks::Active || now < member.held_until);
  }
  FixedVector<IpAddress, 2 * kMaxAddresses> addresses_in_order(const Member& member) const;

  RandomSource& random_;
  Network network_;
  resolver::ServerMemory server_memory_;
  bool discovers_ = false;
  Checks checks_ = Checks::None;
  FixedVector<dns::Name, kMaxDomains> domains_;  // that were configured
  std::array<Member, kMaxMembers> members_;
  std::array<Lookup, kQuerySlots> lookups_;
};

}  // namespace ck::gateway
