// SPDX-License-Identifier: MIT
#include "engine/web/log_lines.h"

#include "base/text.h"
#include "base/utc.h"
#include "engine/web/snapshot.h"

namespace ck::web {

std::optional<uint64_t> parse_since(std::string_view query) {
  if (query.empty()) return 0;
  constexpr std::string_view kKey = "since=";
  if (!query.starts_with(kKey)) return std::nullopt;
  auto number = parse_u64(query.substr(kKey.size()));
  return number && *number <= INT64_MAX ? number : std::nullopt;
}

void LogLines::restart() {
  size_ = 0;
  too_long_ = full_ = false;
  last_ = 0;
}

void LogLines::feed(std::string_view piece, Body& out) {
  while (!piece.empty()) {
    size_t end = piece.find('\n');
    std::string_view part = piece.substr(0, end);
    too_long_ = too_long_ || part.size() > record_.size() - size_;
    if (!too_long_) size_ += part.copy(record_.data() + size_, part.size());
    if (end == std::string_view::npos) return;
    if (!too_long_) take_record({record_.data(), size_}, out);
    size_ = 0;
    too_long_ = false;
    piece.remove_prefix(end + 1);
  }
}

// `entry` is a line, `lost` what the ring has overwritten, `error` that there is no answer.
void LogLines::take_record(std::string_view line, Body& out) {
  state::Record record(line);
  if (full_) return;
  if (record.kind() == "entry") return take_entry(record, out);
  if (record.kind() == "lost")
    full_ = !out.attempt([&] { out.put("# lost: ").number(number_of(record, "count").value_or(0)).put("\n"); });
  if (record.kind() == "error")
    full_ = !out.attempt([&] { out.put("# ").put_plain(record.text<128>("text")).put("\n"); });
}

void LogLines::take_entry(const state::Record& record, Body& out) {
  auto number = number_of(record, "seq");
  if (!number) return;
  full_ = !out.attempt([&] {
    out.number(*number).put(" ").put(utc_text(number_of(record, "utc-ms").value_or(0))).put(" ");
    out.put_plain(record.text<16>("severity")).put(" ").put_plain(record.text<64>("program")).put(": ");
    out.put_plain(record.text<2048>("text")).put("\n");
  });
  if (!full_) last_ = *number;
}

void LogLines::finish(Body& out) {
  if (!full_) return;
  char text[24];
  out.frame("# cut: go on with since=").frame(TextWriter(text).signed_number(last_).view()).frame("\n");
}

}  // namespace ck::web
