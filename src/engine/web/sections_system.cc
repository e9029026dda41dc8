// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/text.h"
#include "base/utc.h"
#include "engine/console/words.h"
#include "engine/web/sections.h"
#include "wire/state/search.h"

namespace ck::web {

namespace {

constexpr unsigned kLogLines = 12;  // the last ones

bool has_flag(std::string_view flags, std::string_view wanted) {
  Splitter parts(flags, ',');
  while (auto flag = parts.next())
    if (*flag == wanted) return true;
  return false;
}

std::string_view source_words(std::string_view source) {
  if (source == "dhcp") return "DHCP";
  if (source == "dhcp6") return "DHCPv6";
  if (source == "slaac") return "SLAAC";
  return source == "ra" ? "RA" : source;
}

void put_restarts(const state::Record& program, Body& out) {
  int64_t restarts = number_of(program, "restarts").value_or(0);
  out.number(restarts).put(restarts == 1 ? " restart" : " restarts");
}

void put_link_state(const state::Record& link, Body& out) {
  auto flags = link.text<160>("flags");
  auto dhcp = link.text<24>("dhcp4");
  if (!has_flag(flags, "UP"))
    out.put("<span class=\"b\">down</span>");
  else if (has_flag(flags, "NO-CARRIER") || !has_flag(flags, "LOWER_UP"))
    out.put("<span class=\"b\">no carrier</span>");
  else if (!dhcp.empty() && dhcp != "bound" && dhcp != "off")
    out.put("<span class=\"w\">DHCP: ").put_html(dhcp).put("</span>");
  else
    out.put("<span class=\"g\">up</span>");
}

void put_address(const state::Record& record, const Snapshot& snapshot, Body& out) {
  auto flags = record.text<80>("flags");
  auto other = record.text<24>("also-used-by");
  auto renew = number_of(record, "renew-ms");
  auto valid = number_of(record, "valid-ms");
  put_text<64>(record, "address", out.put("<li><span>")).put("</span><i class=\"e\">");
  out.put_html(source_words(record.text<16>("source")));
  if (auto server = record.text<64>("server"); !server.empty()) out.put(" ").put_html(server);
  if (renew && from_ms(*renew) > snapshot.now)
    out.put(", renews in ").put(console::span_words(from_ms(*renew) - snapshot.now));
  else if (renew)
    out.put(", renewing");
  else if (valid)
    out.put(", valid ").put(console::span_words(from_ms(*valid) - snapshot.now));
  out.put("</i>");
  if (has_flag(flags, "dadfailed")) out.put("<p class=\"b\">duplicate: in use by another machine</p>");
  if (!other.empty()) out.put("<p class=\"b\">also used by ").put_html(other).put("</p>");
  out.put("</li>\n");
}

// "gateway 192.0.2.1 DHCP": one line for the values of a kind.
void put_values(std::string_view file, std::string_view kind, std::string_view label, const state::Record& link,
                Body& out) {
  unsigned count = 0;
  state::for_each(file, kind, [&](const state::Record& record) {
    if (record.raw("link") != link.raw("index")) return;
    bool whole = out.attempt([&] {
      if (count == 0) out.put("<li><i>").put(label).put("</i><span class=\"e\">");
      if (count > 0) out.put(", ");
      put_text<256>(record, kind == "domain" ? "name" : kind == "nat64" ? "prefix" : "address", out);
    });
    if (whole) ++count;
  });
  if (count > 0) out.frame("</span></li>\n");
}

void put_link(const state::Record& link, const Snapshot& snapshot, Body& out) {
  std::string_view file = snapshot.file(File::Netd);
  bool whole = out.attempt([&] {
    put_text<16>(link, "name", out.put("<li><b>")).put("</b>");
    put_link_state(link, out);
    put_text<24>(link, "mac", out.put("<i class=\"e\">"));
    if (auto driver = link.text<32>("driver"); !driver.empty()) out.put(", ").put_html(driver);
    put_text<8>(link, "mtu", out.put(", MTU ")).put("</i>");
    out.put("</li>\n");
  });
  if (!whole) return;
  state::for_each(file, "address", [&](const state::Record& record) {
    if (record.raw("link") == link.raw("index")) (void)out.attempt([&] { put_address(record, snapshot, out); });
  });
  put_values(file, "gateway", "gateway", link, out);
  put_values(file, "dns", "name servers", link, out);
  put_values(file, "domain", "domains", link, out);
  put_values(file, "ntp", "time servers", link, out);
  put_values(file, "log-server", "log servers", link, out);
  put_values(file, "nat64", "NAT64", link, out);
}

void put_program(const state::Record& program, const Snapshot& snapshot, Body& out) {
  auto state = program.text<16>("state");
  auto tone = state == "running" ? status::Tone::Good : state == "backoff" ? status::Tone::Bad : status::Tone::Waiting;
  put_text<16>(program, "name", out.put("<li><b>")).put("</b><span class=\"").put(class_of(tone)).put("\">");
  out.put_html(state).put("</span><i class=\"e\">since ");
  out.put(console::moment_words(from_ms(number_of(program, "since-ms").value_or(0)), snapshot.now, snapshot.utc_ms))
      .put(", ");
  put_restarts(program, out);
  out.put("</i>");
  if (auto text = program.text<120>("status"); !text.empty()) out.put("<p>").put_html(text).put("</p>");
  if (auto error = program.text<160>("error"); !error.empty())
    out.put("<p class=\"w\">last ended: ").put_html(error).put("</p>");
  out.put("</li>\n");
}

// How the firmware started this system, and what that forbids it.
void put_trust(const state::Record& trust, Body& out) {
  auto secure_boot = trust.text<8>("secure-boot");
  auto ignored = trust.text<200>("ignored");
  out.put("<li><i>boot</i><span");
  if (secure_boot == "on") out.put(" class=\"g\"");
  out.put(">");
  if (secure_boot == "none")
    out.put("not by UEFI, so no Secure Boot");
  else
    out.put("Secure Boot ").put_html(secure_boot);
  out.put("</span>");
  if (auto lockdown = trust.text<20>("lockdown"); !lockdown.empty())
    out.put("<i class=\"e\">lockdown ").put_html(lockdown).put("</i>");
  if (!ignored.empty()) out.put("<p class=\"w\">not taken from the command line: ").put_html(ignored).put("</p>");
  out.put("</li>\n");
}

// "+1.25 ms"
void put_offset(int64_t microseconds, Body& out) {
  out.put(microseconds > 0 ? "+" : "").scaled(microseconds, 3).put(" ms");
}

void put_time_server(const state::Record& server, Body& out) {
  auto name = server.text<264>("name");
  auto address = server.text<64>("address");
  auto state = server.text<16>("state");
  auto error = server.text<160>("error");
  bool good = state == "source" || state == "good";
  out.put("<li><b>").put_html(name.empty() ? address.view() : name.view()).put("</b><span class=\"");
  out.put(good ? "g" : "w").put("\">").put_html(state).put("</span><i class=\"e\">");
  if (auto offset = number_of(server, "offset-us")) put_offset(*offset, out);
  if (auto stratum = number_of(server, "stratum")) out.put(", stratum ").number(*stratum);
  out.put("</i>");
  if (!error.empty()) out.put("<p class=\"w\">").put_html(error).put("</p>");
  out.put("</li>\n");
}

}  // namespace

void put_problems(const Snapshot& snapshot, Body& out) {
  std::string_view file = snapshot.file(File::Init);
  if (count_problems(snapshot) == 0) return;
  out.frame("<section class=\"b\"><h2 class=\"b\">Problems</h2><ul>\n");
  state::for_each(file, "program", [&](const state::Record& program) {
    if (!is_troubled(program)) return;
    (void)out.attempt([&] {
      put_text<16>(program, "name", out.put("<li><span><b>")).put("</b>");
      out.put(program.raw("state") == "backoff" ? " is down, " : " was started anew, ");
      put_restarts(program, out);
      if (auto error = program.text<160>("error"); !error.empty()) out.put(": ").put_html(error);
      out.put("</span></li>\n");
    });
  });
  for (std::string_view state : {file, snapshot.file(File::Netd)})
    state::for_each(state, "problem", [&](const state::Record& problem) {
      (void)out.attempt([&] { put_text<200>(problem, "text", out.put("<li><span>")).put("</span></li>\n"); });
    });
  state::for_each(snapshot.file(File::Config), "finding", [&](const state::Record& finding) {
    (void)out.attempt([&] { put_text<400>(finding, "text", out.put("<li><span>")).put("</span></li>\n"); });
  });
  out.frame("</ul></section>\n");
}

void put_network(const Snapshot& snapshot, Body& out) {
  out.frame("<section><h2>Network</h2><ul>\n");
  unsigned count = 0;
  state::for_each(snapshot.file(File::Netd), "link", [&](const state::Record& link) {
    ++count;
    put_link(link, snapshot, out);
  });
  if (count == 0) (void)out.attempt([&] { out.put("<li class=\"w\">no link</li>\n"); });
  out.frame("</ul></section>\n");
}

void put_programs(const Snapshot& snapshot, Body& out) {
  std::string_view file = snapshot.file(File::Init);
  if (!state::find(file, "program")) return;
  out.frame("<section><h2>Programs</h2><ul>\n");
  state::for_each(file, "program", [&](const state::Record& program) {
    (void)out.attempt([&] { put_program(program, snapshot, out); });
  });
  if (auto trust = state::find(file, "trust")) (void)out.attempt([&] { put_trust(*trust, out); });
  out.frame("</ul></section>\n");
}

void put_clock(const Snapshot& snapshot, Body& out) {
  std::string_view file = snapshot.file(File::Timed);
  auto clock = state::find(file, "clock");
  if (!clock) return;
  out.frame("<section><h2>Clock</h2><ul>\n");
  (void)out.attempt([&] {
    auto state = clock->text<16>("state");
    auto error = clock->text<160>("error");
    out.put("<li><b class=\"")
        .put(state == "unset" ? "w" : "g")
        .put("\">")
        .put_html(state)
        .put("</b><span class=\"e\">");
    if (auto offset = number_of(*clock, "offset-us")) put_offset(*offset, out.put("offset "));
    out.put("</span>");
    if (auto last = number_of(*clock, "last-ms"); last && *last > 0)
      out.put("<p>last answer ").put(console::span_words(snapshot.now - from_ms(*last))).put(" ago</p>");
    if (!error.empty()) out.put("<p class=\"w\">").put_html(error).put("</p>");
    out.put("</li>\n");
  });
  state::for_each(file, "server",
                  [&](const state::Record& server) { (void)out.attempt([&] { put_time_server(server, out); }); });
  out.frame("</ul></section>\n");
}

void put_settings(const Snapshot& snapshot, Body& out) {
  std::string_view file = snapshot.file(File::Config);
  auto config = state::find(file, "config");
  if (!config) return;
  out.frame("<section><h2>Configuration</h2><ul>\n");
  (void)out.attempt([&] {
    auto standing = config->text<16>("standing");
    auto source = config->text<32>("source");
    auto digest = config->text<64>("sha256");
    out.put("<li><b class=\"").put(standing == "broken" ? "b" : "g").put("\">").put_html(standing).put("</b>");
    if (!source.empty()) out.put("<i class=\"e\">from ").put_html(source).put("</i>");
    if (!digest.empty()) out.put("<p>SHA-256 ").put_html(digest).put("</p>");
    out.put("</li>\n");
  });
  state::for_each(file, "setting", [&](const state::Record& record) {
    (void)out.attempt([&] {
      put_text<80>(record, "path", out.put("<li><i>")).put("</i><span>");
      put_text<120>(record, "value", out).put("</span><i class=\"e\">");
      put_text<32>(record, "from", out).put("</i></li>\n");
    });
  });
  out.frame("</ul></section>\n");
}

void put_log(const Snapshot& snapshot, Body& out) {
  std::string_view file = snapshot.file(File::Logd);
  if (file.empty()) return;
  unsigned total = 0;
  state::for_each(file, "line", [&](const state::Record&) { ++total; });
  out.frame("<section><h2>Log</h2>\n<ul>");
  state::for_each(file, "target", [&](const state::Record& record) {
    (void)out.attempt([&] {
      put_text<264>(record, "address", out.put("<li><b>")).put("</b>");
      if (auto resolved = record.text<64>("resolved"); !resolved.empty()) out.put("<i>").put_html(resolved).put("</i>");
      put_text<24>(record, "state", out.put("<span>")).put("</span><i class=\"e\">");
      out.number(number_of(record, "sent").value_or(0)).put(" sent, ");
      out.number(number_of(record, "dropped").value_or(0)).put(" dropped</i>");
      if (auto error = record.text<160>("error"); !error.empty())
        out.put("<p class=\"w\">").put_html(error).put("</p>");
      out.put("</li>\n");
    });
  });
  state::for_each(file, "warning", [&](const state::Record& record) {
    (void)out.attempt([&] { put_text<160>(record, "text", out.put("<li class=\"w\">")).put("</li>\n"); });
  });
  out.frame("</ul><ul class=\"log\">\n");
  unsigned number = 0;
  state::for_each(file, "line", [&](const state::Record& record) {
    if (number++ + kLogLines < total) return;
    (void)out.attempt([&] {
      auto severity = record.text<16>("severity");
      bool bad = severity == "warning" || severity.view().starts_with("e") || severity.view().starts_with("crit") ||
                 severity == "alert";
      out.put("<li><i>").put(console::time_of_day_words(number_of(record, "utc-ms").value_or(0) / 1000)).put("</i> ");
      put_text<48>(record, "program", out.put(bad ? "<i class=\"b\">" : "<i>")).put("</i> ");
      put_text<400>(record, "text", out).put("</li>\n");
    });
  });
  out.frame("</ul></section>\n");
}

}  // namespace ck::web
