// SPDX-License-Identifier: MIT
#include "engine/config/gather.h"

#include <algorithm>
#include <utility>

#include "engine/config/overlay.h"
#include "wire/state/record.h"

namespace ck::config {

namespace {

constexpr std::string_view kCommandLine = "kernel command line";
constexpr size_t kShownValue = 120;

}  // namespace

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::Standard: return "standard";
    case Standing::Good: return "good";
    case Standing::Broken: return "broken";
  }
  return "";
}

Outcome evaluate(std::span<const Candidate> candidates, std::string_view command_line) {
  Outcome outcome;
  std::vector<Finding> findings;
  toml::Node document;
  auto winner = std::find_if(candidates.begin(), candidates.end(), [](const Candidate& each) { return each.is_found; });
  if (winner != candidates.end()) {
    outcome.winner = winner->name;
    outcome.bytes = winner->text.size();
    outcome.digest = sha256({reinterpret_cast<const uint8_t*>(winner->text.data()), winner->text.size()});
    if (!winner->trouble.empty()) {
      findings.push_back({.at = {}, .path = {}, .text = winner->trouble});
    } else if (auto parsed = toml::parse(winner->text); parsed) {
      document = std::move(*parsed);
    } else {
      findings.push_back({.at = parsed.error().at, .path = {}, .text = parsed.error().what});
    }
  }
  apply_command_line(command_line, document, findings);
  outcome.checked = check(std::move(document));
  auto& all = outcome.checked.findings;
  all.insert(all.begin(), findings.begin(), findings.end());
  if (!all.empty()) {
    outcome.standing = Standing::Broken;
    for (std::string& records : outcome.checked.records) records.clear();
  } else if (winner != candidates.end() || !outcome.checked.settings.empty()) {
    outcome.standing = Standing::Good;
  }
  return outcome;
}

std::string to_line(const Finding& finding, std::string_view document) {
  std::string line(finding.at.source == kFromCommandLine ? kCommandLine : document);
  if (finding.at.source != kFromCommandLine && finding.at.line > 0)
    line += ":" + std::to_string(finding.at.line) + ":" + std::to_string(finding.at.column);
  line += ": ";
  if (!finding.path.empty()) line += finding.path + ": ";
  return line + finding.text;
}

std::string write_state(const Outcome& outcome, std::span<const Candidate> candidates, size_t most) {
  std::string buffer(most, '\0');
  state::RecordWriter out(buffer);
  out.begin("config").field("standing", name_of(outcome.standing));
  if (!outcome.winner.empty()) {
    out.field("source", outcome.winner).field("sha256", to_text(outcome.digest));
    out.field("bytes", static_cast<int64_t>(outcome.bytes));
  }
  out.end();
  bool used = false;
  for (const Candidate& each : candidates) {
    std::string_view state = !each.is_found ? "absent" : std::exchange(used, true) ? "found" : "used";
    out.begin("candidate").field("name", each.name).field("state", state).end();
  }
  for (const Finding& finding : outcome.checked.findings)
    out.begin("finding").field("text", to_line(finding, outcome.winner)).end();
  if (outcome.checked.left_out > 0)
    out.begin("left-out").field("findings", static_cast<int64_t>(outcome.checked.left_out)).end();
  for (const Setting& setting : outcome.checked.settings) {
    std::string_view from = setting.source == kFromCommandLine ? kCommandLine : outcome.winner;
    out.begin("setting").field("path", setting.path).field("value", setting.value.substr(0, kShownValue));
    out.field("from", from).end();
  }
  return std::string(out.view());
}

}  // namespace ck::config
