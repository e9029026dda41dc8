// SPDX-License-Identifier: MIT
// The configured time servers, of which those that were given by name have to be looked up (engine/resolver): IPv4
// first, IPv6 where there is no such address, and the other family each time that an address has to be found anew. One
// address is used of each name; another of them when its server does not answer and the answer is no longer fresh.
// A pure state machine: next_query() says what to send, by UDP only, as a few addresses always fit.
#pragma once

#include <array>
#include <optional>

#include "base/random.h"
#include "engine/gateway/endpoint.h"
#include "engine/resolver/query.h"
#include "engine/time/server.h"

namespace ck::timekeeping {

inline constexpr Duration kLeastTtl = 60s;
inline constexpr Duration kMostTtl = 24h;
inline constexpr Duration kMostLookupPause = 300s;

struct NameQuery {
  size_t slot = 0;
  resolver::Server server;
  Bytes message;  // within the caller's buffer
};

class Names {
 public:
  // `random` outlives this.
  Names(const FixedVector<gateway::Endpoint, kMaxServers>& endpoints, RandomSource& random);

  // With others, what is not known yet is asked for at once.
  void set_dns(const resolver::Servers& servers, TimePoint now);
  // That server does not answer: an address may have become wrong.
  void doubt(const Server& server, TimePoint now);

  TimePoint deadline() const;
  // `buffer` has room for dns::kMaxQuery bytes.
  std::optional<NameQuery> next_query(MutableBytes buffer, TimePoint now);
  bool waits(size_t slot) const { return entries_[slot].query.state() == resolver::QueryState::Wait; }
  void send_failed(size_t slot, std::string_view why, TimePoint now);
  // True: servers() may be others now.
  bool received(size_t slot, Bytes message, TimePoint now);

  // Those whose address is known, in the order of the configuration.
  Servers servers() const;
  size_t size() const { return count_; }
  const gateway::Endpoint& endpoint(size_t index) const { return entries_[index].endpoint; }
  std::optional<IpAddress> address(size_t index) const { return entries_[index].address; }
  // Why it has none yet; static text.
  std::string_view error(size_t index) const { return entries_[index].error; }

 private:
  struct Entry {
    gateway::Endpoint endpoint;
    std::optional<IpAddress> address;
    std::string_view error;
    resolver::Query query;
    Family family = Family::V4;
    bool other_tried = false;  // the other family has no address either
    unsigned failures = 0;
    TimePoint again = kNever;
    TimePoint fresh_until{};
  };
  void take(Entry& entry, const dns::Response& response, TimePoint now);
  void turn(Entry& entry, std::string_view why, TimePoint now);

  std::array<Entry, kMaxServers> entries_;
  size_t count_ = 0;
  resolver::Servers dns_;
  resolver::ServerMemory memory_;
  RandomSource& random_;
};

}  // namespace ck::timekeeping
