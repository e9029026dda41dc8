// SPDX-License-Identifier: MIT
#include "engine/console/sections.h"
#include "engine/console/words.h"
#include "wire/state/search.h"

namespace ck::console {

namespace {

constexpr unsigned kTextColumn = 9;  // behind the time of day

bool is_bad(std::string_view severity) {
  return severity == "emergency" || severity == "alert" || severity == "critical" || severity == "error";
}

void put_line(const state::Record& record, const timezone::Zone& zone, Lines& lines) {
  auto severity = record.text<16>("severity");
  Tint tint = is_bad(severity) ? Tint::Bad : severity == "warning" ? Tint::Waiting : Tint::Plain;
  Words time = time_of_day_words(record.number("utc-ms").value_or(0) / 1000, zone);
  lines.begin().put(time.view().substr(0, 8)).put(" ");
  lines.put(record.text<48>("program"), tint).put(": ").flow(record.text<320>("text"), kTextColumn, tint);
}

}  // namespace

void put_log_warning(const Inputs& inputs, Lines& lines) {
  state::for_each(inputs.logd_state, "warning", [&](const state::Record& record) {
    auto text = record.text<160>("text");  // "what is wrong: what follows from it"
    lines.begin().put("Log").column(kValueColumn).put(text.view().substr(0, text.view().find(':')), Tint::Waiting);
    lines.put(", press l");
  });
}

void put_log_servers(const Inputs& inputs, Lines& lines) {
  if (inputs.logd_state.empty()) lines.begin().put("no log is kept at the moment", Tint::Waiting);
  state::for_each(inputs.logd_state, "warning", [&](const state::Record& record) {
    lines.begin().put("! ", Tint::Waiting).put(record.text<160>("text"), Tint::Waiting);
  });
  state::for_each(inputs.logd_state, "target", [&](const state::Record& record) {
    auto state = record.text<16>("state");
    lines.begin().put("to ").put(record.text<64>("address")).put(" ").put(record.text<8>("kind")).put("  ");
    lines.put(state, state == "ready" ? Tint::Good : Tint::Waiting);
    lines.put(", ").number(static_cast<uint64_t>(record.number("sent").value_or(0))).put(" sent, ");
    lines.number(static_cast<uint64_t>(record.number("dropped").value_or(0))).put(" dropped");
    if (auto error = record.text<160>("error"); !error.empty()) lines.put(": ").put(error);
  });
}

void put_log(const Inputs& inputs, Lines& lines) {
  auto zone = timezone::at(inputs.zone, inputs.utc_ms / 1000).name;
  if (zone != "UTC") lines.begin().put("times are ").put(zone).put(" here, and UTC where the log is sent");
  unsigned count = 0;
  state::for_each(inputs.logd_state, "line", [&](const state::Record&) { ++count; });
  for (unsigned wanted = count; wanted > 0; --wanted) {
    unsigned number = 0;
    state::for_each(inputs.logd_state, "line", [&](const state::Record& record) {
      if (++number == wanted) put_line(record, inputs.zone, lines);
    });
  }
}

}  // namespace ck::console
