// SPDX-License-Identifier: MIT
#include "engine/gateway/report.h"

#include "base/text.h"

namespace ck::gateway {

namespace {

std::string_view text_of(LookupState state) {
  switch (state) {
    case LookupState::Pending: return "pending";
    case LookupState::Ok: return "ok";
    case LookupState::Failed: return "failed";
  }
  return "pending";
}

void write_lookup(const Lookup& lookup, LookupState state, state::RecordWriter& out) {
  out.begin("lookup").field("name", lookup.name.view()).field("type", dns::name_of(lookup.type));
  out.field("server", lookup.query.has_server() ? to_text(lookup.query.server().address).view() : std::string_view());
  out.field("state", text_of(state)).field("error", lookup.error.view());
  (void)out.end();
}

// Both families have been answered or have failed, and there is no address.
bool is_unresolved(const Directory& directory, size_t index) {
  return directory.address_lookup(index, Family::V4).state == LookupState::Failed &&
         directory.address_lookup(index, Family::V6).state == LookupState::Failed;
}

void write_upstream(const PoolView& pool, size_t index, bool behind_healthy, state::RecordWriter& out) {
  const Directory& directory = *pool.directory;
  const Member& member = directory.members()[index];
  auto address = directory.address_of(member);
  std::string_view state = "untried";
  ErrorText error = member.error;
  if (member.has_address() && !address) {
    const IpAddress& own = member.v4.empty() ? member.v6[0] : member.v4[0];
    state = "failing";
    error = ErrorText("refused: ");
    error.append(to_text(own).view());
    error.append(" is this machine itself");
  } else if (!member.has_address()) {
    if (is_unresolved(directory, index)) {
      state = "failing";
      error = directory.address_lookup(index, Family::V4).error;
    }
  } else if (member.health == Health::Failing) {
    state = "failing";
  } else if (behind_healthy) {
    state = "standby";
  } else if (member.health == Health::Healthy) {
    state = "healthy";
  }
  out.begin("upstream").field("name", member.name.view()).field("port", member.port);
  out.field("address", address ? to_text(*address).view() : std::string_view()).field("state", state);
  out.field("source", member.source == Source::Srv ? "srv" : "static").field("pool", pool.spec->name.view());
  out.field("active", static_cast<int64_t>(pool.active[index]));
  out.field("rung", name_of(member.rung)).field("state-since-ms", to_ms(member.since));
  if (member.rtt_ms >= 0) out.field("rtt-ms", member.rtt_ms);
  out.field("error", error.view());
  (void)out.end();
}

void write_lookups(const Directory& directory, state::RecordWriter& out) {
  if (directory.discovers()) {
    const auto& domains = directory.network().domains;
    if (domains.empty()) {
      out.begin("lookup")
          .field("name", "_vlmcs._tcp")
          .field("type", "SRV")
          .field("server", "")
          .field("state", "pending");
      (void)out.field("error", "no domain is known yet").end();
    }
    for (size_t i = 0; i < domains.size(); ++i)
      write_lookup(directory.srv_lookup(i), directory.srv_lookup(i).state, out);
  }
  for (uint8_t index : directory.ranked()) {
    const Member& member = directory.members()[index];
    if (member.literal || member.has_address()) continue;
    write_lookup(directory.address_lookup(index, Family::V4),
                 is_unresolved(directory, index) ? LookupState::Failed : LookupState::Pending, out);
  }
}

void write_histogram(std::string_view name, const LatencyHistogram& histogram, state::RecordWriter& out) {
  if (histogram.count() == 0) return;
  out.begin("latency").field("name", name).field("count", static_cast<int64_t>(histogram.count()));
  out.field("sum-ms", histogram.sum().count());
  for (size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) {
    char key[16];
    TextWriter text(key);
    text.put("le-").number(static_cast<uint64_t>(LatencyHistogram::kBounds[i].count()));
    out.field(text.view(), static_cast<int64_t>(histogram.cumulative(i)));
  }
  (void)out.end();
}

void write_clients(const Ledger& ledger, state::RecordWriter& out) {
  for (const VerdictRow& row : verdict_table()) {
    if (ledger.count(row.verdict) == 0) continue;
    out.begin("verdict").field("name", row.name).field("count", static_cast<int64_t>(ledger.count(row.verdict)));
    (void)out.end();
  }
  write_histogram("connect", ledger.connect(), out);
  write_histogram("bind", ledger.bind(), out);
  write_histogram("call", ledger.call(), out);
  for (size_t i = 0; i < ledger.clients(); ++i) {
    const ClientNote& client = ledger.client(i);
    out.begin("client").field("address", to_text(client.address).view()).field("verdict", name_of(client.verdict));
    (void)out.field("utc-ms", client.utc_ms).end();
  }
}

}  // namespace

ListenText listen_text(const PoolSpec& pool) {
  ListenText text;
  for (const ListenerSpec& listener : pool.listeners) {
    if (!text.empty()) text.append(", ");
    text.append(to_text(listener.address.value_or(IpAddress(Ipv6Address{})), listener.port).view());
  }
  return text;
}

void write_report(const Status& status, const Ledger& ledger, std::span<const PoolView> pools, TimePoint now,
                  state::RecordWriter& out) {
  ListenText listen;
  bool serving = false;
  for (const PoolView& pool : pools) {
    if (!listen.empty()) listen.append(", ");
    listen.append(listen_text(*pool.spec));
    serving = serving || !pool.directory->candidates(now).empty();
  }
  out.begin("gateway").field("state", status.draining ? "draining" : serving ? "serving" : "waiting");
  out.field("listen", listen.view()).field("since-ms", to_ms(status.since));
  out.field("total", static_cast<int64_t>(ledger.total()))
      .field("today", static_cast<int64_t>(ledger.today(status.utc_ms)));
  out.field("now", status.now).field("most", status.most).field("refused", static_cast<int64_t>(ledger.refused()));
  out.field("answered", static_cast<int64_t>(ledger.count(Verdict::Answered)));
  out.field("probes", static_cast<int64_t>(ledger.count(Verdict::Probe)));
  out.field("bytes-in", static_cast<int64_t>(ledger.bytes_in()))
      .field("bytes-out", static_cast<int64_t>(ledger.bytes_out()));
  out.field("sources", status.sources.sources);
  out.field("sources-are", status.sources.precision == Precision::Exact ? "exact" : "estimated");
  bool answered = ledger.count(Verdict::Answered) > 0;
  out.field("last-client", answered ? to_text(ledger.answered().address).view() : std::string_view());
  if (answered) out.field("last-utc-ms", ledger.answered().utc_ms);
  (void)out.field("error", status.error).end();

  for (const PoolView& pool : pools) {
    out.begin("pool").field("name", pool.spec->name.view()).field("listen", listen_text(*pool.spec).view());
    out.field("mode", name_of(pool.spec->policy.mode)).field("waiting", static_cast<int64_t>(pool.waiting));
    (void)out.end();
    bool behind_healthy = false;
    for (uint8_t index : pool.directory->ranked()) {
      const Member& member = pool.directory->members()[index];
      write_upstream(pool, index, behind_healthy, out);
      if (member.health == Health::Healthy && pool.directory->address_of(member)) behind_healthy = true;
    }
  }
  for (const PoolView& pool : pools) write_lookups(*pool.directory, out);
  write_clients(ledger, out);
}

}  // namespace ck::gateway
