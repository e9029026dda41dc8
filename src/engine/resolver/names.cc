// SPDX-License-Identifier: MIT
#include "engine/resolver/names.h"

#include <algorithm>

namespace ck::resolver {

namespace {

Family other(Family family) { return family == Family::V4 ? Family::V6 : Family::V4; }

}  // namespace

Names::Names(std::span<const Endpoint> endpoints, RandomSource& random, const Freshness& freshness)
    : random_(random), freshness_(freshness) {
  for (const Endpoint& endpoint : endpoints.first(std::min(endpoints.size(), kMaxNames))) {
    Entry& entry = entries_[count_++];
    entry.endpoint = endpoint;
    entry.address = endpoint.address;
    if (!entry.address) entry.error = "no DNS server is known yet";
  }
}

void Names::set_dns(const Servers& servers, TimePoint now) {
  if (servers == dns_) return;
  dns_ = servers;
  memory_.clear();
  for (size_t i = 0; i < count_; ++i) {
    Entry& entry = entries_[i];
    if (entry.address) continue;
    entry.query.stop();
    entry.failures = 0;
    entry.again = dns_.empty() ? kNever : now;
  }
}

void Names::doubt(const IpAddress& address, uint16_t port, TimePoint now) {
  for (size_t i = 0; i < count_; ++i) {
    Entry& entry = entries_[i];
    bool meant = entry.address == address && entry.endpoint.port == port && !entry.endpoint.address;
    if (!meant || now < entry.trusted_until || entry.doubted || dns_.empty()) continue;
    if (entry.query.state() == QueryState::Wait) continue;
    entry.family = other(entry.family);
    entry.doubted = true;
    entry.again = now;
  }
}

TimePoint Names::deadline() const {
  TimePoint least = kNever;
  for (size_t i = 0; i < count_; ++i) least = std::min({least, entries_[i].again, entries_[i].query.deadline()});
  return least;
}

std::optional<NameQuery> Names::next_query(MutableBytes buffer, TimePoint now) {
  for (size_t slot = 0; slot < count_; ++slot) {
    Entry& entry = entries_[slot];
    if (entry.again <= now) {
      entry.again = kNever;
      dns::Type type = entry.family == Family::V4 ? dns::Type::A : dns::Type::Aaaa;
      entry.query.start(entry.endpoint.name, type, memory_.in_order(dns_, now), random_);
    }
    entry.query.expired(memory_, now);
    while (entry.query.state() == QueryState::Send) {
      bool fits = entry.query.transport() == Transport::Udp;
      Bytes message = entry.query.next_send(buffer, memory_, random_, now);
      if (fits && !message.empty()) return NameQuery{slot, entry.query.server(), message};
      if (entry.query.state() == QueryState::Wait)
        entry.query.send_failed("the answer does not fit a datagram", memory_, now);
    }
    if (entry.query.state() == QueryState::Failed) turn(entry, entry.query.error(), now);
  }
  return std::nullopt;
}

void Names::send_failed(size_t slot, std::string_view why, TimePoint now) {
  if (slot < count_) entries_[slot].query.send_failed(why, memory_, now);
}

bool Names::received(size_t slot, Bytes message, TimePoint now) {
  if (slot >= count_) return false;
  Entry& entry = entries_[slot];
  dns::Response response;
  if (!entry.query.received(message, memory_, response, now)) return false;
  auto before = entry.address;
  take(entry, response, now);
  return entry.address != before;
}

// The answer is to our very question, so its addresses are the name's, whatever aliases lead there.
void Names::take(Entry& entry, const dns::Response& response, TimePoint now) {
  std::optional<IpAddress> chosen;
  uint32_t ttl = UINT32_MAX;
  uint32_t count = 0;
  bool is_there = false;  // the one that is known
  for (const dns::Record& record : response.records) {
    if (record.type != entry.query.question().type || record.additional) continue;
    ttl = std::min(ttl, record.ttl);
    is_there = is_there || record.address == entry.address;
    if (record.address == entry.address) continue;
    if (random_.below(++count) == 0) chosen = record.address;  // each of them as likely
  }
  if (is_there && !entry.doubted) chosen.reset();
  if (!chosen && ttl == UINT32_MAX) return turn(entry, "the name has no address", now);
  entry.query.stop();
  if (chosen) entry.address = chosen;
  entry.error = {};
  entry.failures = 0;
  entry.other_tried = false;
  entry.doubted = false;
  TimePoint fresh_until = now + std::clamp<Duration>(std::chrono::seconds(ttl), freshness_.least_ttl, kMostTtl);
  bool refreshed = freshness_.refresh == Freshness::Refresh::Yes;
  entry.trusted_until = refreshed ? now + freshness_.least_ttl : fresh_until;
  if (refreshed) entry.again = fresh_until;
}

// The other family, then a pause.
void Names::turn(Entry& entry, std::string_view why, TimePoint now) {
  entry.query.stop();
  entry.error = why;
  entry.family = other(entry.family);
  entry.other_tried = !entry.other_tried;
  if (entry.other_tried) {
    entry.again = now;
    return;
  }
  entry.again = now + std::min<Duration>(kMostLookupPause, 1s * (1 << std::min(entry.failures, 9u)));
  ++entry.failures;
}

}  // namespace ck::resolver
