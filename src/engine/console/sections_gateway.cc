// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/text.h"
#include "engine/console/sections.h"
#include "engine/console/words.h"
#include "engine/status/service.h"
#include "wire/state/search.h"

namespace ck::console {

namespace {

constexpr unsigned kBriefUpstreams = 2;
constexpr unsigned kBriefLookups = 2;
constexpr unsigned kNameColumns = 40;

using state::find;

Tint tint_of(status::Tone tone) {
  switch (tone) {
    case status::Tone::Good: return Tint::Good;
    case status::Tone::Waiting: return Tint::Waiting;
    case status::Tone::Bad: return Tint::Bad;
  }
  return Tint::Waiting;
}

bool is_gateway_down(const Inputs& inputs) {
  return status::is_gateway_down(find(inputs.init_state, "program", "role", "service"));
}

void put_count(const state::Record& record, std::string_view key, std::string_view text, Lines& lines) {
  lines.number(static_cast<uint64_t>(std::max<int64_t>(record.number(key).value_or(0), 0))).put(text);
}

void put_upstream(const state::Record& record, Detail detail, Lines& lines) {
  auto name = record.text<264>("name");
  auto address = record.text<64>("address");
  auto state = record.text<16>("state");
  FixedString<300> endpoint;
  bool is_ipv6 = name.view().find(':') != std::string_view::npos;
  if (is_ipv6) endpoint.append('[');
  endpoint.append(name);
  if (is_ipv6) endpoint.append(']');
  lines.cut(endpoint, detail == Detail::Brief ? kNameColumns : 64).put(":");
  lines.number(static_cast<uint64_t>(record.number("port").value_or(0)));
  lines.put("  ").put(state.empty() ? std::string_view("unknown") : state.view(),
                      tint_of(status::upstream_tone(state)));
  if (auto rtt = record.number("rtt-ms"); rtt && *rtt >= 0)
    lines.put(", ").number(static_cast<uint64_t>(*rtt)).put(" ms");
  auto error = record.text<160>("error");
  if (detail == Detail::Brief) {
    if (!error.empty() && state == "failing") lines.put(": ").put(error);
    return;
  }
  lines.begin(kValueColumn + 2);
  lines.put(record.text<16>("source") == "srv" ? "from an SRV record" : "named by hand");
  if (!address.empty() && address != name.view()) lines.put(", at ").put(address);
  if (auto rung = record.text<16>("rung"); !rung.empty() && rung != "nothing") lines.put(", last check: ").put(rung);
  if (!error.empty()) lines.begin(kValueColumn + 2).put("last error: ", Tint::Waiting).put(error);
}

void put_lookup(const state::Record& record, Lines& lines) {
  auto state = record.text<16>("state");
  auto server = record.text<64>("server");
  auto type = record.text<16>("type");
  auto error = record.text<160>("error");
  lines.put("looked for ").cut(record.text<264>("name"), 48);
  if (!type.empty()) lines.put(" ").put(type);
  if (!server.empty()) lines.wrap(" at ", kValueColumn + 2).put(server);
  if (state == "ok")
    lines.put(": found", Tint::Good);
  else if (!error.empty())
    lines.wrap(": ", kValueColumn + 2).wrap(error, kValueColumn + 2, state == "failed" ? Tint::Bad : Tint::Waiting);
  else
    lines.put(state == "failed" ? ": failed" : ": no answer yet", state == "failed" ? Tint::Bad : Tint::Waiting);
}

Words moment_of_utc(int64_t utc_ms, const Inputs& inputs) {
  return moment_words(inputs.now - Duration(inputs.utc_ms - utc_ms), inputs.now, inputs.utc_ms, inputs.zone);
}

void put_last_clients(const Inputs& inputs, Lines& lines) {
  state::RecordReader reader(inputs.gateway_state);
  unsigned count = 0;
  while (auto record = reader.next()) {
    if (record->kind() != "client") continue;
    lines.begin();
    if (count++ == 0) lines.put("Last ten");
    lines.column(kValueColumn).put(moment_of_utc(record->number("utc-ms").value_or(0), inputs)).put("  ");
    auto verdict = record->text<32>("verdict");
    lines.put(record->text<64>("address")).put("  ").put(verdict, verdict == "answered" ? Tint::Good : Tint::Waiting);
  }
}

void put_refusals(const Inputs& inputs, Lines& lines) {
  state::RecordReader reader(inputs.gateway_state);
  unsigned count = 0;
  while (auto record = reader.next()) {
    if (record->kind() != "verdict") continue;
    if (count++ == 0)
      lines.begin().put("Ended as").column(kValueColumn);
    else
      lines.wrap(", ", kValueColumn);
    lines.put(record->text<32>("name")).put(" ");
    lines.number(static_cast<uint64_t>(std::max<int64_t>(record->number("count").value_or(0), 0)));
  }
}

}  // namespace

void put_service(const Inputs& inputs, Lines& lines) {
  auto process = find(inputs.init_state, "program", "role", "service");
  auto gateway = find(inputs.gateway_state, "gateway");
  lines.begin().put("Service").column(kValueColumn);
  if (!process) {
    lines.put("gateway").column(kValueColumn + 11).put("STARTING", Tint::Waiting);
    return;
  }
  auto name = process->text<16>("name");
  bool foreign = name != "gatewayd";
  if (foreign) gateway.reset();
  auto state = process->text<16>("state");
  status::Word word = status::service_word(state, gateway ? gateway->text<16>("state").view() : std::string_view());
  lines.put(foreign ? name.view() : std::string_view("gateway"))
      .column(kValueColumn + 11)
      .put(word.text, tint_of(word.tone));
  lines.put("  ");
  if (gateway && state == "running")
    if (auto listen = gateway->text<64>("listen"); !listen.empty()) lines.put(listen).put(", ");
  auto since = from_ms(process->number("since-ms").value_or(0));
  lines.put("since ").put(moment_words(since, inputs.now, inputs.utc_ms, inputs.zone)).put(",");
  int64_t restarts = process->number("restarts").value_or(0);
  constexpr unsigned kCountSize = 14;  // " 999 restarts"
  if (lines.room() < kCountSize)
    lines.begin(kValueColumn);
  else
    lines.put(" ");
  put_count(*process, "restarts", restarts == 1 ? " restart" : " restarts", lines);
  if (auto status = process->text<120>("status"); foreign && !status.empty()) lines.begin(kValueColumn).put(status);
  if (auto error = process->text<160>("error"); !error.empty())
    lines.begin(kValueColumn).put("last error: ", Tint::Waiting).put(error);
  if (!gateway) return;
  if (auto error = gateway->text<160>("error"); !error.empty())
    lines.begin(kValueColumn).put("last trouble: ", Tint::Waiting).put(error);
}

void put_upstreams(const Inputs& inputs, Detail detail, Lines& lines) {
  auto process = find(inputs.init_state, "program", "role", "service");
  if (process && process->text<16>("name") != "gatewayd") return;  // a foreign service knows no upstream
  lines.begin().put("Upstream").column(kValueColumn);
  if (is_gateway_down(inputs)) {
    lines.put("not known while the gateway is not running", Tint::Waiting);
    return;
  }
  unsigned count = 0;
  unsigned limit = detail == Detail::Brief ? kBriefUpstreams : ~0u;
  state::RecordReader reader(inputs.gateway_state);
  while (auto record = reader.next()) {
    if (record->kind() != "upstream" || count++ >= limit) continue;
    if (count > 1) lines.begin(kValueColumn);
    put_upstream(*record, detail, lines);
  }
  if (count > limit)
    lines.begin(kValueColumn).number(count - limit, Tint::Waiting).put(" more: press 3", Tint::Waiting);
  if (count > 0) return;

  lines.put("none yet", Tint::Waiting);
  if (detail == Detail::Full) return;  // the page lists the look-ups by itself
  unsigned lookups = 0;
  state::RecordReader again(inputs.gateway_state);
  while (auto record = again.next()) {
    if (record->kind() != "lookup" || lookups++ >= kBriefLookups) continue;
    if (lookups == 1)
      lines.put(": ");
    else
      lines.begin(kValueColumn);
    put_lookup(*record, lines);
  }
  if (lookups > kBriefLookups)
    lines.begin(kValueColumn).number(lookups - kBriefLookups, Tint::Waiting).put(" more: press 3", Tint::Waiting);
}

void put_clients(const Inputs& inputs, Detail detail, Lines& lines) {
  auto gateway = find(inputs.gateway_state, "gateway");
  if (!gateway || is_gateway_down(inputs)) return;
  lines.begin().put("Clients").column(kValueColumn);
  put_count(*gateway, "total", " since start, ", lines);
  if (detail == Detail::Full) put_count(*gateway, "today", " today, ", lines);
  put_count(*gateway, "now", " now, ", lines);
  put_count(*gateway, "refused", " refused", lines);
  auto last = gateway->text<64>("last-client");
  if (!last.empty()) {
    lines.put("  ").wrap("last ", kValueColumn).put(last);
    if (auto at = gateway->number("last-utc-ms")) lines.wrap(" at ", kValueColumn).put(moment_of_utc(*at, inputs));
  }
  if (detail == Detail::Brief) return;
  if (auto sources = gateway->number("sources")) {
    lines.begin(kValueColumn).put(gateway->raw("sources-are") == "exact" ? "" : "about ");
    lines.number(static_cast<uint64_t>(std::max<int64_t>(*sources, 0)));
    lines.put(" different ones were answered in 30 days (a host asks for 25 clients or 5 servers)");
  }
  put_last_clients(inputs, lines);
  put_refusals(inputs, lines);
}

void put_lookups(const Inputs& inputs, Lines& lines) {
  if (is_gateway_down(inputs)) return;
  unsigned count = 0;
  state::RecordReader reader(inputs.gateway_state);
  while (auto record = reader.next()) {
    if (record->kind() != "lookup") continue;
    lines.begin();
    if (count++ == 0) lines.put("Look-ups");
    lines.column(kValueColumn);
    put_lookup(*record, lines);
  }
}

}  // namespace ck::console
