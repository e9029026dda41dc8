// SPDX-License-Identifier: MIT
#include "engine/web/snapshot.h"

#include <algorithm>

#include "engine/console/words.h"
#include "wire/state/search.h"

namespace ck::web {

std::optional<int64_t> number_of(const state::Record& record, std::string_view key) {
  constexpr int64_t kMost = int64_t{1} << 53;
  auto number = record.number(key);
  return number ? std::optional(std::clamp(*number, -kMost, kMost)) : std::nullopt;
}

std::optional<state::Record> service_process(const Snapshot& snapshot) {
  return state::find(snapshot.file(File::Init), "program", "role", "service");
}

std::optional<state::Record> gateway_record(const Snapshot& snapshot) {
  auto process = service_process(snapshot);
  if (process && process->raw("name") != "gatewayd") return std::nullopt;
  if (status::is_gateway_down(process)) return std::nullopt;
  return state::find(snapshot.file(File::Gatewayd), "gateway");
}

Service service_of(const Snapshot& snapshot) {
  auto process = service_process(snapshot);
  auto gateway = gateway_record(snapshot);
  auto word = status::service_word(process ? process->text<16>("state").view() : std::string_view(),
                                   gateway ? gateway->text<16>("state").view() : std::string_view());
  bool foreign = process && process->raw("name") != "gatewayd";
  return {.word = word, .serving = word.text == "SERVING" || (foreign && word.text == "RUNNING")};
}

bool is_clock_set(const Snapshot& snapshot) { return snapshot.utc_ms >= console::kEarliestClock; }

bool is_troubled(const state::Record& program) {
  return program.raw("state") == "backoff" || program.number("restarts").value_or(0) > 0;
}

unsigned count_problems(const Snapshot& snapshot) {
  unsigned count = 0;
  state::for_each(snapshot.file(File::Init), "program",
                  [&](const state::Record& record) { count += is_troubled(record) ? 1 : 0; });
  for (File file : {File::Init, File::Netd})
    state::for_each(snapshot.file(file), "problem", [&](const state::Record&) { ++count; });
  state::for_each(snapshot.file(File::Config), "finding", [&](const state::Record&) { ++count; });
  return count;
}

}  // namespace ck::web
