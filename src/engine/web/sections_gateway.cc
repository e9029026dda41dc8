// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/text.h"
#include "engine/console/words.h"
#include "engine/gateway/latency_histogram.h"
#include "engine/web/sections.h"
#include "wire/state/search.h"

namespace ck::web {

namespace {

void put_number(const std::optional<state::Record>& record, std::string_view key, Body& out) {
  auto number = record ? number_of(*record, key) : std::nullopt;
  number ? out.number(*number) : out.put("\xe2\x80\x93");  // an en dash
}

void put_tile(std::string_view label, Body& out) { out.put("<div><span>").put(label).put("</span><b>"); }

void put_traffic_tiles(const std::optional<state::Record>& gateway, const Snapshot& snapshot, Body& out) {
  put_tile("Answered today", out);
  put_number(gateway, "today", out);
  out.put("</b><small>");
  put_number(gateway, "answered", out);
  out.put(" since the start</small></div>");
  put_tile("Clients in 30 days", out);
  put_number(gateway, "sources", out);
  out.put("</b><small>");
  if (gateway && !gateway->text<64>("last-client").empty()) {
    put_text<64>(*gateway, "last-client", out.put("last: "));
    int64_t age = snapshot.utc_ms - number_of(*gateway, "last-utc-ms").value_or(snapshot.utc_ms);
    out.put(", ").put(console::span_words(Duration(age))).put(" ago");
  } else {
    out.put("none was answered yet");
  }
  out.put("</small></div>");
  put_tile("Connections now", out);
  put_number(gateway, "now", out);
  put_number(gateway, "most", out.put("</b><small>of at most "));
  out.put("</small></div>");
}

void put_machine_tiles(const Snapshot& snapshot, Body& out) {
  put_tile("Up", out);
  out.put(console::span_words(snapshot.now.time_since_epoch())).put("</b><small>");
  out.put(is_clock_set(snapshot) ? console::clock_words(snapshot.utc_ms / 1000).view() : "the clock is not set");
  out.put("</small></div>");
  const status::Memory& memory = snapshot.memory;
  if (memory.total_kib == 0) return;
  put_tile("Memory used", out);
  out.put(console::mebibyte_words(memory.total_kib - std::min(memory.total_kib, memory.available_kib))).put(" MiB");
  out.put("</b><small>of ").put(console::mebibyte_words(memory.total_kib)).put(" MiB</small></div>");
}

// The kind of a name that has colons: an IPv6 address in brackets.
void put_endpoint(const state::Record& record, Body& out) {
  auto name = record.text<264>("name");
  bool is_ipv6 = name.view().find(':') != std::string_view::npos;
  out.put(is_ipv6 ? "[" : "").put_html(name).put(is_ipv6 ? "]:" : ":");
  put_text<8>(record, "port", out);
}

void put_upstream(const state::Record& record, const Snapshot& snapshot, Body& out) {
  auto state = record.text<16>("state");
  auto address = record.text<64>("address");
  auto error = record.text<160>("error");
  out.put("<li><b>");
  put_endpoint(record, out);
  out.put("</b><span class=\"").put(class_of(status::upstream_tone(state))).put("\">");
  out.put_html(state);
  if (auto rtt = number_of(record, "rtt-ms"); rtt && *rtt >= 0) out.put(", ").number(*rtt).put(" ms");
  out.put("</span><p>").put(record.raw("source") == "srv" ? "from an SRV record" : "named by hand");
  if (!address.empty() && address != record.text<264>("name").view()) out.put(", at ").put_html(address);
  if (auto since = number_of(record, "state-since-ms"); since && *since > 0)
    out.put(", since ").put(console::moment_words(from_ms(*since), snapshot.now, snapshot.utc_ms));
  if (auto rung = record.text<24>("rung"); !rung.empty() && rung != "nothing") out.put(", last check: ").put_html(rung);
  if (auto active = number_of(record, "active"); active && *active > 0) out.put(", ").number(*active).put(" connected");
  out.put("</p>");
  if (!error.empty()) out.put("<p class=\"").put(state == "failing" ? "b" : "w").put("\">").put_html(error).put("</p>");
  out.put("</li>\n");
}

void put_lookup(const state::Record& record, Body& out) {
  auto error = record.text<160>("error");
  auto server = record.text<64>("server");
  auto state = record.text<16>("state");
  put_text<264>(record, "name", out.put("<li><i>looked for "));
  put_text<16>(record, "type", out.put(" "));
  if (!server.empty()) out.put(" at ").put_html(server);
  out.put("</i><i class=\"e ").put(state == "ok" ? "g" : state == "failed" ? "b" : "w").put("\">");
  out.put_html(state == "ok" ? "found" : error.empty() ? "no answer yet" : error.view()).put("</i></li>\n");
}

// The bound under which so many hundredths lie; nothing when that is the last bucket.
std::optional<int64_t> quantile(const state::Record& record, int64_t hundredths) {
  int64_t count = number_of(record, "count").value_or(0);
  for (Duration bound : gateway::LatencyHistogram::kBounds) {
    char key[16];
    TextWriter name(key);
    name.put("le-").number(static_cast<uint64_t>(bound.count()));
    if (number_of(record, name.view()).value_or(0) >= (count * hundredths + 99) / 100) return bound.count();
  }
  return std::nullopt;
}

void put_bound(std::optional<int64_t> bound, Body& out) {
  if (bound)
    out.put("\xe2\x89\xa4 ").number(*bound).put(" ms");
  else
    out.put("&gt; ").number(gateway::LatencyHistogram::kBounds.back().count()).put(" ms");
}

// A bar for each bucket, the fullest 24 high.
void put_bars(const state::Record& record, Body& out) {
  constexpr size_t kBars = gateway::LatencyHistogram::kBounds.size() + 1;
  std::array<int64_t, kBars> bars{};
  int64_t below = 0;
  for (size_t i = 0; i < kBars; ++i) {
    char key[16];
    TextWriter name(key);
    if (i + 1 < kBars) name.put("le-").number(static_cast<uint64_t>(gateway::LatencyHistogram::kBounds[i].count()));
    int64_t upto = number_of(record, i + 1 < kBars ? name.view() : "count").value_or(below);
    bars[i] = std::max<int64_t>(upto - below, 0);
    below = std::max(below, upto);
  }
  int64_t most = std::max<int64_t>(*std::ranges::max_element(bars), 1);
  out.put(
      "<svg viewBox=\"0 0 130 24\" role=\"img\" aria-label=\"how long it took, from 1 ms on the left to over 5 s\">");
  for (size_t i = 0; i < kBars; ++i) {
    int64_t height =
        bars[i] == 0 ? 1 : 2 + static_cast<int64_t>(22.0 * static_cast<double>(bars[i]) / static_cast<double>(most));
    out.put("<rect x=\"").number(static_cast<int64_t>(i * 10)).put("\" y=\"").number(24 - height);
    out.put("\" width=\"8\" height=\"").number(height).put("\"/>");
  }
  out.put("</svg>");
}

std::string_view phase_words(std::string_view name) {
  if (name == "connect") return "Host connected";
  if (name == "bind") return "Bind answered";
  return name == "call" ? "Call answered" : name;
}

void put_latency(const state::Record& record, Body& out) {
  out.put("<li><b>").put_html(phase_words(record.text<16>("name"))).put("</b><i>half ");
  put_bound(quantile(record, 50), out);
  out.put(", 95 in 100 ");
  put_bound(quantile(record, 95), out);
  out.put("</i>");
  put_bars(record, out);
  out.put("</li>\n");
}

}  // namespace

void put_tiles(const Snapshot& snapshot, Body& out) {
  auto process = service_process(snapshot);
  auto gateway = gateway_record(snapshot);
  out.frame("<section class=\"tiles\">");
  if (!process || process->raw("name") == "gatewayd")
    (void)out.attempt([&] { put_traffic_tiles(gateway, snapshot, out); });
  (void)out.attempt([&] { put_machine_tiles(snapshot, out); });
  out.frame("</section>\n");
}

void put_upstreams(const Snapshot& snapshot, Body& out) {
  auto process = service_process(snapshot);
  if (process && process->raw("name") != "gatewayd") return;  // a foreign service knows no upstream
  auto gateway = gateway_record(snapshot);
  std::string_view file = gateway ? snapshot.file(File::Gatewayd) : std::string_view();
  out.frame("<section><h2>Hosts</h2><ul>\n");
  unsigned count = 0;
  state::for_each(file, "upstream", [&](const state::Record& record) {
    ++count;
    (void)out.attempt([&] { put_upstream(record, snapshot, out); });
  });
  if (count == 0) {
    (void)out.attempt([&] {
      out.put("<li class=\"w\">")
          .put(gateway ? "none yet" : "not known while the gateway is not running")
          .put("</li>\n");
    });
  }
  state::for_each(file, "lookup", [&](const state::Record& record) {
    if (count == 0 || record.raw("state") != "ok") (void)out.attempt([&] { put_lookup(record, out); });
  });
  if (gateway)
    (void)out.attempt([&] {
      out.put("<li><p>Clients are served at ");
      put_text<200>(*gateway, "listen", out).put("</p></li>\n");
    });
  out.frame("</ul></section>\n");
}

void put_clients(const Snapshot& snapshot, Body& out) {
  std::string_view file = gateway_record(snapshot) ? snapshot.file(File::Gatewayd) : std::string_view();
  if (!state::find(file, "client")) return;
  out.frame("<section><h2>Last clients</h2><ul>\n");
  state::for_each(file, "client", [&](const state::Record& record) {
    (void)out.attempt([&] {
      auto verdict = record.text<32>("verdict");
      TimePoint when = snapshot.now - Duration(snapshot.utc_ms - number_of(record, "utc-ms").value_or(snapshot.utc_ms));
      put_text<64>(record, "address", out.put("<li><span>")).put("</span><span class=\"");
      out.put(verdict == "answered" ? "g" : "w").put("\">").put_html(verdict).put("</span><i class=\"e\">");
      out.put(console::moment_words(when, snapshot.now, snapshot.utc_ms)).put("</i></li>\n");
    });
  });
  out.frame("</ul></section>\n");
}

void put_outcomes(const Snapshot& snapshot, Body& out) {
  std::string_view file = gateway_record(snapshot) ? snapshot.file(File::Gatewayd) : std::string_view();
  if (!state::find(file, "verdict")) return;
  out.frame("<section><h2>How connections went</h2><ul>\n");
  state::for_each(file, "latency",
                  [&](const state::Record& record) { (void)out.attempt([&] { put_latency(record, out); }); });
  state::for_each(file, "verdict", [&](const state::Record& record) {
    (void)out.attempt([&] {
      put_text<32>(record, "name", out.put("<li><span>")).put("</span><b class=\"e\">");
      out.number(number_of(record, "count").value_or(0)).put("</b></li>\n");
    });
  });
  out.frame("</ul></section>\n");
}

}  // namespace ck::web
