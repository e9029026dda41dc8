// SPDX-License-Identifier: MIT
// Configured servers, of which those that were given by name have to be looked up: IPv4 first, IPv6 where there is no
// such address, and the other family each time that an address has to be found anew. One address is used of each name;
// another of them when its server does not answer and the answer is no longer fresh. With Refresh::Yes it is asked for
// anew whenever its TTL has run out, and at once when its server does not answer.
// A pure state machine: next_query() says what to send, by UDP only, as a few addresses always fit.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "base/random.h"
#include "engine/resolver/endpoint.h"
#include "engine/resolver/query.h"

namespace ck::resolver {

inline constexpr size_t kMaxNames = 6;
inline constexpr Duration kMostTtl = 24h;
inline constexpr Duration kMostLookupPause = 300s;

// How long an answer is fresh at least, and whether it is asked for again when it no longer is, though the server
// answers.
struct Freshness {
  Duration least_ttl = 60s;
  enum class Refresh : uint8_t { No, Yes } refresh = Refresh::No;
};

struct NameQuery {
  size_t slot = 0;
  Server server;
  Bytes message;  // within the caller's buffer
};

class Names {
 public:
  // `random` outlives this.
  Names(std::span<const Endpoint> endpoints, RandomSource& random, const Freshness& freshness = {});

  // With others, what is not known yet is asked for at once.
  void set_dns(const Servers& servers, TimePoint now);
  // The server there does not answer: an address may have become wrong.
  void doubt(const IpAddress& address, uint16_t port, TimePoint now);

  TimePoint deadline() const;
  // `buffer` has room for dns::kMaxQuery bytes.
  std::optional<NameQuery> next_query(MutableBytes buffer, TimePoint now);
  bool waits(size_t slot) const { return entries_[slot].query.state() == resolver::QueryState::Wait; }
  void send_failed(size_t slot, std::string_view why, TimePoint now);
  // True: an address is another now.
  bool received(size_t slot, Bytes message, TimePoint now);

  size_t size() const { return count_; }
  const Endpoint& endpoint(size_t index) const { return entries_[index].endpoint; }
  std::optional<IpAddress> address(size_t index) const { return entries_[index].address; }
  // Why it has none yet, or why it could not be found again; static text.
  std::string_view error(size_t index) const { return entries_[index].error; }
  // What is, or was last, asked for, and where; its server only where there is one.
  const Query& query(size_t index) const { return entries_[index].query; }

 private:
  struct Entry {
    Endpoint endpoint;
    std::optional<IpAddress> address;
    std::string_view error;
    Query query;
    Family family = Family::V4;
    bool other_tried = false;  // the other family has no address either
    bool doubted = false;      // the address that is known is not to be found again
    unsigned failures = 0;
    TimePoint again = kNever;
    TimePoint trusted_until{};  // whatever the server does
  };
  void take(Entry& entry, const dns::Response& response, TimePoint now);
  void turn(Entry& entry, std::string_view why, TimePoint now);

  std::array<Entry, kMaxNames> entries_;
  size_t count_ = 0;
  Servers dns_;
  ServerMemory memory_;
  RandomSource& random_;
  Freshness freshness_;
};

}  // namespace ck::resolver
