// SPDX-License-Identifier: MIT
#include "engine/gateway/directory.h"

#include <algorithm>

#include "engine/resolver/srv.h"

namespace ck::gateway {

namespace {

constexpr std::string_view kService = "_vlmcs._tcp.";
constexpr size_t kMaxCandidatesOfMember = 3;
constexpr unsigned kMaxAliasesInAnswer = 8;
constexpr unsigned kMaxAliasesAsked = 4;
constexpr std::string_view kErrorNoName = "no such name";
constexpr std::string_view kErrorNoRecord = "the name has no such record";

// first, first * 2, first * 4 ... up to kMostBackoff
Duration backoff(Duration first, unsigned failures) {
  return failures >= 6 ? kMostBackoff : std::min(kMostBackoff, first * (1 << failures));
}

// Where the CNAME records of an answer lead to from `name`; `ttl` becomes the least on the way.
dns::Name follow_aliases(const dns::Response& response, dns::Name name, uint32_t& ttl) {
  for (unsigned hops = 0; hops < kMaxAliasesInAnswer; ++hops) {
    const dns::Record* alias = nullptr;
    for (const dns::Record& record : response.records)
      if (record.type == dns::Type::Cname && !record.additional && record.owner == name) alias = &record;
    if (alias == nullptr) break;
    name = alias->target;
    ttl = std::min(ttl, alias->ttl);
  }
  return name;
}

template <size_t N>
bool contains(const FixedVector<IpAddress, N>& list, const IpAddress& address) {
  for (const IpAddress& present : list)
    if (present == address) return true;
  return false;
}

}  // namespace

void Directory::configure(std::span<const Endpoint> endpoints, std::span<const dns::Name> domains, TimePoint now) {
  discovers_ = endpoints.empty();
  for (const dns::Name& domain : domains) (void)domains_.push_back(domain);
  for (size_t i = 0; i < endpoints.size() && i < kMaxMembers; ++i) {
    const Endpoint& endpoint = endpoints[i];
    Member& member = members_[i];
    member = {.name = endpoint.name, .port = endpoint.port, .source = Source::CommandLine};
    member.rank = static_cast<uint16_t>(i);
    if (endpoint.address) {
      member.literal = true;
      (void)(endpoint.address->family == Family::V4 ? member.v4 : member.v6).push_back(*endpoint.address);
      continue;
    }
    begin(lookups_[slot_of(i, Family::V4)], endpoint.name, dns::Type::A, now);
    begin(lookups_[slot_of(i, Family::V6)], endpoint.name, dns::Type::Aaaa, now);
  }
}

bool Directory::set_network(const Network& heard, TimePoint now) {
  Network network = heard;
  if (!domains_.empty()) network.domains = domains_;
  if (network == network_) return false;
  bool servers_changed = !(network.servers == network_.servers);
  bool domains_changed = !(network.domains == network_.domains);
  network_ = network;
  if (discovers_ && domains_changed) {
    for (size_t i = 0; i < kMaxMembers; ++i)
      if (members_[i].source == Source::Srv) drop_member(i);
    for (size_t i = 0; i < kMaxDomains; ++i) {
      lookups_[i] = {};
      if (i >= network_.domains.size()) continue;
      dns::Name name(kService);
      if (name.append(network_.domains[i])) begin(lookups_[i], name, dns::Type::Srv, now);
    }
  }
  if (servers_changed) {
    server_memory_.clear();
    for (Lookup& lookup : lookups_)
      if (!lookup.name.empty()) ask(lookup, now);
  }
  hurry_checks(now);
  return true;
}

// ---- lookups -------------------------------------------------------------------------------------------------------

void Directory::begin(Lookup& lookup, const dns::Name& name, dns::Type type, TimePoint now) {
  lookup = {};
  lookup.name = name;
  lookup.type = type;
  ask(lookup, now);
}

// At once, with fresh patience; the old answer stays in force.
void Directory::ask(Lookup& lookup, TimePoint now) {
  lookup.query.stop();
  lookup.failures = 0;
  lookup.aliases = 0;
  lookup.again = now;
  if (lookup.state == LookupState::Failed) lookup.state = LookupState::Pending;
}

resolver::Servers Directory::servers(TimePoint now) const {
  resolver::Servers servers;
  for (const NameServer& server : network_.servers) (void)servers.push_back({server.address, server.scope});
  return server_memory_.in_order(servers, now);
}

std::optional<QueryToSend> Directory::next_query(MutableBytes buffer, TimePoint now) {
  for (size_t slot = 0; slot < kQuerySlots; ++slot) {
    Lookup& lookup = lookups_[slot];
    if (lookup.name.empty()) continue;
    if (lookup.again <= now) {
      lookup.again = kNever;
      lookup.aliases = 0;
      lookup.ttl = UINT32_MAX;
      resolver::Servers servers = this->servers(now);
      if (servers.empty()) {
        lookup.error = ErrorText("no DNS server is known yet");
        continue;  // set_network() asks anew
      }
      lookup.query.start(lookup.name, lookup.type, servers, random_);
    }
    lookup.query.expired(server_memory_, now);
    if (lookup.query.state() == resolver::QueryState::Send) {
      Bytes message = lookup.query.next_send(buffer, server_memory_, random_, now);
      if (!message.empty())
        return QueryToSend{static_cast<uint8_t>(slot), lookup.query.server(), lookup.query.transport(), message};
    }
    if (lookup.query.state() == resolver::QueryState::Failed) {
      std::string_view error = lookup.query.error();
      lookup.query.stop();
      settle_failed(lookup, error, now);
    }
  }
  return std::nullopt;
}

void Directory::settle_failed(Lookup& lookup, std::string_view error, TimePoint now) {
  lookup.state = LookupState::Failed;
  lookup.error = ErrorText(error);
  lookup.again = now + backoff(1s, lookup.failures);
  if (lookup.failures < 6) ++lookup.failures;
}

void Directory::settle_ok(Lookup& lookup, uint32_t ttl, TimePoint now) {
  lookup.state = LookupState::Ok;
  lookup.error.clear();
  lookup.failures = 0;
  ttl = std::min(ttl, lookup.ttl);
  lookup.again = now + std::clamp<Duration>(std::chrono::seconds(ttl), kLeastTtl, kMostTtl);
}

// The answer is that there is none: holds as long as it says, but not longer than `most`.
void Directory::settle_missing(Lookup& lookup, const dns::Response& response, Duration most, TimePoint now) {
  settle_failed(lookup, response.code == dns::ResponseCode::NoSuchName ? kErrorNoName : kErrorNoRecord, now);
  if (!response.negative_ttl) return;
  uint32_t ttl = std::min(*response.negative_ttl, lookup.ttl);
  lookup.again = now + std::clamp<Duration>(std::chrono::seconds(ttl), kLeastTtl, most);
}

void Directory::send_failed(size_t slot, std::string_view error, TimePoint now) {
  if (slot < kQuerySlots) lookups_[slot].query.send_failed(error, server_memory_, now);
}

bool Directory::received(size_t slot, Bytes message, TimePoint now) {
  if (slot >= kQuerySlots) return false;
  Lookup& lookup = lookups_[slot];
  dns::Response response;
  if (!lookup.query.received(message, server_memory_, response, now)) return false;
  dns::Name owner = follow_aliases(response, lookup.query.question().name, lookup.ttl);
  lookup.query.stop();
  if (response.code == dns::ResponseCode::Ok) {
    bool has_record = false;
    for (const dns::Record& record : response.records)
      has_record = has_record || (record.type == lookup.type && !record.additional && record.owner == owner);
    // The server followed no alias, or not to its end: ask for where it leads.
    if (!has_record && !owner.empty() && !(owner == lookup.query.question().name) &&
        lookup.aliases < kMaxAliasesAsked) {
      ++lookup.aliases;
      lookup.query.start(owner, lookup.type, servers(now), random_);
      return true;
    }
  }
  if (slot < kMaxDomains)
    take_srv(slot, response, owner, now);
  else
    take_addresses(slot, response, owner, now);
  return true;
}

// ---- answers -------------------------------------------------------------------------------------------------------

void Directory::take_srv(size_t domain, dns::Response& response, const dns::Name& owner, TimePoint now) {
  Lookup& lookup = lookups_[domain];
  // The records that count move to the front; a copy of so many would not fit a small stack.
  size_t count = 0;
  uint32_t ttl = UINT32_MAX;
  bool refused = false;
  for (dns::Record& record : response.records) {
    if (record.type != dns::Type::Srv || record.additional || !(record.owner == owner)) continue;
    ttl = std::min(ttl, record.ttl);
    // RFC 2782: a target of "." says that the service is decidedly not offered.
    if (record.target.empty()) refused = true;
    if (record.target.empty() || record.port == 0) continue;
    std::swap(response.records[count++], record);
  }
  std::span<dns::Record> records(response.records.data(), count);
  resolver::order_srv(records, random_);
  records = records.first(std::min(count, kMaxMembers));

  auto matches = [&](const Member& member, const dns::Record& record) {
    return member.source == Source::Srv && member.domain == domain && member.name == record.target &&
           member.port == record.port;
  };
  // Gone from the answer: gone from here. Then see whether the rest is as it was.
  bool same = true;
  for (size_t i = 0; i < kMaxMembers; ++i) {
    Member& member = members_[i];
    if (member.name.empty() || member.source != Source::Srv || member.domain != domain) continue;
    bool stays = false;
    for (const dns::Record& record : records) stays = stays || matches(member, record);
    if (stays) continue;
    drop_member(i);
    same = false;
  }
  for (const dns::Record& record : records) {
    Member* found = nullptr;
    for (Member& member : members_)
      if (!member.name.empty() && matches(member, record)) found = &member;
    if (found != nullptr) {
      same = same && found->priority == record.priority && found->weight == record.weight;
      found->priority = record.priority;
      found->weight = record.weight;
      continue;
    }
    same = false;
    for (size_t i = 0; i < kMaxMembers; ++i) {
      Member& member = members_[i];
      if (!member.name.empty()) continue;
      member = {.name = record.target, .port = record.port, .source = Source::Srv};
      member.domain = static_cast<uint8_t>(domain);
      member.priority = record.priority;
      member.weight = record.weight;
      begin(lookups_[slot_of(i, Family::V4)], record.target, dns::Type::A, now);
      begin(lookups_[slot_of(i, Family::V6)], record.target, dns::Type::Aaaa, now);
      // Addresses that came along serve until the lookups are answered.
      for (const dns::Record& glue : response.records) {
        if (!glue.additional || !(glue.owner == record.target)) continue;
        if (glue.type == dns::Type::A) (void)member.v4.push_back(glue.address);
        if (glue.type == dns::Type::Aaaa) (void)member.v6.push_back(glue.address);
      }
      break;
    }
  }
  // The order was drawn anew; it only counts when the records are others, so that clients stay where they are.
  for (size_t k = 0; !same && k < records.size(); ++k)
    for (Member& member : members_)
      if (!member.name.empty() && matches(member, records[k]))
        member.rank = static_cast<uint16_t>(domain * kMaxMembers + k);

  if (!records.empty()) {
    settle_ok(lookup, ttl, now);
  } else if (refused) {
    settle_failed(lookup, "the domain says that it offers no such service", now);
    ttl = std::min(ttl, lookup.ttl);
    lookup.again = now + std::clamp<Duration>(std::chrono::seconds(ttl), kLeastTtl, kMostAbsentTtl);
  } else {
    settle_missing(lookup, response, kMostNegativeTtl, now);
  }
}

void Directory::take_addresses(size_t slot, const dns::Response& response, const dns::Name& owner, TimePoint now) {
  Lookup& lookup = lookups_[slot];
  Member& member = members_[(slot - kMaxDomains) / 2];
  auto& list = lookup.type == dns::Type::A ? member.v4 : member.v6;
  list.clear();
  uint32_t ttl = UINT32_MAX;
  for (const dns::Record& record : response.records) {
    if (record.type != lookup.type || record.additional || !(record.owner == owner)) continue;
    ttl = std::min(ttl, record.ttl);
    if (!contains(list, record.address)) (void)list.push_back(record.address);
  }
  if (!list.empty()) {
    settle_ok(lookup, ttl, now);
    return;
  }
  if (!member.has_address()) {
    settle_missing(lookup, response, kMostNegativeTtl, now);
    return;
  }
  // Most names lack one family for good: no hurry while the other has addresses.
  settle_missing(lookup, response, kMostAbsentTtl, now);
  if (!response.negative_ttl) lookup.again = now + kMostBackoff;
}

void Directory::drop_member(size_t index) {
  members_[index] = {};
  lookups_[slot_of(index, Family::V4)] = {};
  lookups_[slot_of(index, Family::V6)] = {};
}

TimePoint Directory::deadline() const {
  TimePoint least = kNever;
  for (const Lookup& lookup : lookups_)
    if (!lookup.name.empty()) least = std::min({least, lookup.again, lookup.query.deadline()});
  return least;
}

// ---- members -------------------------------------------------------------------------------------------------------

FixedVector<uint8_t, kMaxMembers> Directory::ranked() const {
  FixedVector<uint8_t, kMaxMembers> order;
  for (size_t i = 0; i < kMaxMembers; ++i) {
    if (members_[i].name.empty()) continue;
    (void)order.push_back(static_cast<uint8_t>(i));
    for (size_t k = order.size() - 1; k > 0 && members_[order[k]].rank < members_[order[k - 1]].rank; --k)
      std::swap(order[k], order[k - 1]);
  }
  return order;
}

// The one that worked last, then IPv6 and IPv4 in turn (RFC 8305 4). Not our own.
FixedVector<IpAddress, 2 * kMaxAddresses> Directory::addresses_in_order(const Member& member) const {
  FixedVector<IpAddress, 2 * kMaxAddresses> order;
  auto add = [&](const IpAddress& address) {
    if (!network_.is_own(address) && !contains(order, address)) (void)order.push_back(address);
  };
  if (member.good && (contains(member.v4, *member.good) || contains(member.v6, *member.good))) add(*member.good);
  for (size_t i = 0; i < kMaxAddresses; ++i) {
    if (i < member.v6.size()) add(member.v6[i]);
    if (i < member.v4.size()) add(member.v4[i]);
  }
  return order;
}

std::optional<IpAddress> Directory::address_of(const Member& member) const {
  auto order = addresses_in_order(member);
  if (order.empty()) return std::nullopt;
  return order[0];
}

Candidates Directory::candidates(TimePoint now) const {
  Candidates result;
  auto order = ranked();
  // One host with many addresses must not leave the others out.
  size_t most = order.size() > 1 ? kMaxCandidatesOfMember : kMaxCandidates;
  for (bool held : {false, true}) {
    for (uint8_t index : order) {
      const Member& member = members_[index];
      if (is_held(member, now) != held) continue;
      auto addresses = addresses_in_order(member);
      for (size_t i = 0; i < addresses.size() && i < most; ++i)
        (void)result.push_back(
            {.address = addresses[i], .port = member.port, .member = index, .proven = member.good == addresses[i]});
    }
  }
  return result;
}

Member* Directory::member_of(const Candidate& candidate) {
  if (candidate.member >= kMaxMembers) return nullptr;
  Member& member = members_[candidate.member];
  // The place may have been given to another member since.
  if (member.port != candidate.port) return nullptr;
  if (!contains(member.v4, candidate.address) && !contains(member.v6, candidate.address)) return nullptr;
  return &member;
}

void Directory::set_health(Member& member, Health health, TimePoint now) {
  if (member.health != health) member.since = now;
  member.health = health;
}

void Directory::explain(Member& member, const IpAddress& address, std::string_view why) {
  member.error = ErrorText(to_text(address).view());
  member.error.append(": ");
  member.error.append(why);
}

void Directory::succeeded(const Candidate& candidate, int64_t rtt_ms, TimePoint now) {
  Member* member = member_of(candidate);
  if (member == nullptr) return;
  set_health(*member, Health::Healthy, now);
  member->failures = 0;
  member->falls = 0;
  member->good = candidate.address;
  member->rtt_ms = rtt_ms;
  member->error.clear();
}

void Directory::failed(const Candidate& candidate, std::string_view why, TimePoint now) {
  Member* member = member_of(candidate);
  if (member == nullptr) return;
  set_health(*member, Health::Failing, now);
  member->held_until = now + backoff(kHoldDown, member->failures);
  if (member->failures < 6) ++member->failures;
  member->rises = 0;
  if (!member->in_check) member->check_at = std::min(member->check_at, now + kCheckIntervalRising);
  explain(*member, candidate.address, why);
  if (member->good == candidate.address) member->good.reset();
}

}  // namespace ck::gateway
