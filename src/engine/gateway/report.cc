// SPDX-License-Identifier: MIT
#include "engine/gateway/report.h"

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

void write_upstream(const Directory& directory, size_t index, bool behind_healthy, state::RecordWriter& out) {
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
  out.field("source", member.source == Source::Srv ? "srv" : "cmdline");
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

}  // namespace

std::string_view serving_state(const Status& status, const Directory& directory, TimePoint now) {
  if (status.draining) return "draining";
  return directory.candidates(now).empty() ? "waiting" : "serving";
}

void write_report(const Status& status, const Directory& directory, TimePoint now, state::RecordWriter& out) {
  const Counters& counters = status.counters;
  out.begin("gateway").field("state", serving_state(status, directory, now)).field("listen", status.listen);
  out.field("since-ms", to_ms(status.since)).field("total", static_cast<int64_t>(counters.total));
  out.field("now", counters.now).field("refused", static_cast<int64_t>(counters.refused));
  out.field("answered", static_cast<int64_t>(counters.answered)).field("probes", static_cast<int64_t>(counters.probes));
  out.field("last-client", status.last_client);
  if (!status.last_client.empty()) out.field("last-ms", to_ms(status.last));
  (void)out.field("error", status.error).end();

  bool behind_healthy = false;
  for (uint8_t index : directory.ranked()) {
    const Member& member = directory.members()[index];
    write_upstream(directory, index, behind_healthy, out);
    if (member.health == Health::Healthy && directory.address_of(member)) behind_healthy = true;
  }
  write_lookups(directory, out);
}

}  // namespace ck::gateway
