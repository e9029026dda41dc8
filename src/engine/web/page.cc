// SPDX-License-Identifier: MIT
#include "engine/web/page.h"

#include "base/sha256.h"
#include "engine/console/words.h"
#include "engine/web/sections.h"
#include "engine/web/style.h"
#include "wire/state/search.h"

namespace ck::web {

namespace {

void put_host(const Snapshot& snapshot, Body& out) {
  auto system = state::find(snapshot.file(File::Init), "system");
  auto name = system ? system->text<64>("hostname") : FixedString<64>();
  out.put_html(name.empty() ? std::string_view("CoreKMS") : name.view());
}

void put_head(const Snapshot& snapshot, const Service& service, Body& out) {
  out.put("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
  out.put("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
  out.put("<meta http-equiv=\"refresh\" content=\"10\"><title>");
  put_host(snapshot, out);
  out.put(": ")
      .put_html(service.word.text)
      .put("</title>\n<style>")
      .put(kStyle)
      .put("</style></head>\n<body><header><h1>");
  put_host(snapshot, out);
  out.put("<small>CoreKMS");
  if (auto system = state::find(snapshot.file(File::Init), "system")) put_text<32>(*system, "version", out.put(" "));
  out.put("</small></h1><span class=\"pill ").put(class_of(service.word.tone)).put("\">");
  out.put_html(service.word.text).put("</span></header>\n<main>\n");
}

void put_foot(const Snapshot& snapshot, Body& out) {
  if (out.was_cut())
    out.frame(
        "<section class=\"b\">Not everything fits here: <a href=\"/status.json\">status.json</a> has more."
        "</section>\n");
  out.frame("</main>\n<footer><span>");
  if (is_clock_set(snapshot)) out.frame(console::clock_words(snapshot.utc_ms / 1000)).frame(", ");
  out.frame("up ").frame(console::uptime_words(snapshot.now));
  if (auto system = state::find(snapshot.file(File::Init), "system"))
    if (auto build = system->text<64>("build"); !build.empty())
      (void)out.attempt([&] { out.put(", build ").put_html(build); });
  out.frame("</span>");
  for (std::string_view path : {"status.json", "metrics", "healthz", "logs"})
    out.frame("<a href=\"/").frame(path).frame("\">").frame(path).frame("</a>");
  out.frame("</footer></body></html>\n");
}

}  // namespace

FixedString<64> style_source() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Sha256Digest digest = sha256(as_bytes(kStyle));
  FixedString<64> source("'sha256-");
  for (size_t i = 0; i < digest.size(); i += 3) {  // three bytes are four digits (RFC 4648 section 4)
    uint32_t group = 0;
    for (size_t j = i; j < i + 3; ++j) group = group << 8 | (j < digest.size() ? digest[j] : 0u);
    for (int shift = 18; shift >= 0; shift -= 6) source.append(kDigits[group >> shift & 63]);
  }
  // The last group has two bytes: its fourth digit is padding.
  FixedString<64> padded(source.view().substr(0, source.size() - 1));
  padded.append("='");
  return padded;
}

std::string_view class_of(status::Tone tone) {
  switch (tone) {
    case status::Tone::Good: return "g";
    case status::Tone::Waiting: return "w";
    case status::Tone::Bad: return "b";
  }
  return "w";
}

void write_page(const Snapshot& snapshot, Body& out) {
  put_head(snapshot, service_of(snapshot), out);
  put_problems(snapshot, out);
  put_tiles(snapshot, out);
  out.frame("<div class=\"cards\">\n");
  put_upstreams(snapshot, out);
  put_network(snapshot, out);
  put_clients(snapshot, out);
  put_outcomes(snapshot, out);
  put_programs(snapshot, out);
  put_clock(snapshot, out);
  put_settings(snapshot, out);
  out.frame("</div>\n");
  put_log(snapshot, out);
  put_foot(snapshot, out);
}

}  // namespace ck::web
