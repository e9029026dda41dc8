// SPDX-License-Identifier: MIT
#include "engine/config/gather.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "engine/config/cloud.h"
#include "engine/config/overlay.h"
#include "wire/state/record.h"

namespace ck::config {

namespace {

constexpr std::string_view kCommandLine = "kernel command line";
constexpr size_t kShownValue = 120;

void lay_cloud_under(const CloudFiles& files, toml::Node& document, Outcome& outcome, std::vector<Finding>& findings) {
  outcome.cloud_network = files.volume + " " + std::string(files.network_name());
  outcome.cloud_metadata = files.volume + " " + std::string(files.metadata_name());
  if (!files.trouble.empty())
    findings.push_back(
        {.at = {.source = kFromNetworkConfig, .line = 0, .column = 0}, .path = {}, .text = files.trouble});
  CloudNetwork network;
  if (files.network)
    network = files.form == CloudFiles::Form::NoCloud ? read_network_config(*files.network)
                                                      : read_network_data(*files.network);
  if (files.metadata) read_hostname(*files.metadata, network);
  lay_under(std::move(network), document, findings, outcome.notes);
}

void write_measurement(const Measured& measured, state::RecordWriter& out) {
  for (const tpm2::Digest& digest : measured.digests) {
    char buffer[2 * 64];
    TextWriter digits(buffer);
    for (uint8_t byte : digest.bytes) digits.hex(byte, 2);
    out.begin("measurement").field("pcr", measured.pcr).field("bank", tpm2::bank_name(digest.algorithm));
    out.field("digest", digits.view()).end();
  }
  if (!measured.error.empty()) out.begin("measurement").field("pcr", measured.pcr).field("error", measured.error).end();
}

}  // namespace

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::Standard: return "standard";
    case Standing::Good: return "good";
    case Standing::Broken: return "broken";
  }
  return "";
}

std::string_view Outcome::name_of_source(uint8_t source) const {
  switch (source) {
    case kFromCommandLine: return kCommandLine;
    case kFromNetworkConfig: return cloud_network;
    case kFromMetaData: return cloud_metadata;
    default: return winner;
  }
}

Outcome evaluate(std::span<const Candidate> candidates, std::string_view command_line, const CloudFiles* cloud) {
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
  for (const Candidate& each : candidates)
    for (const std::string& note : each.notes)
      outcome.notes.push_back({.at = {.source = kFromUserData, .line = 0, .column = 0}, .path = {}, .text = note});
  if (cloud != nullptr) lay_cloud_under(*cloud, document, outcome, findings);
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

std::string to_line(const Finding& finding, const Outcome& outcome) {
  if (finding.at.source == kFromUserData) return finding.text;
  std::string line(outcome.name_of_source(finding.at.source));
  if (finding.at.source != kFromCommandLine && finding.at.line > 0)
    line += ":" + std::to_string(finding.at.line) + ":" + std::to_string(finding.at.column);
  line += ": ";
  if (!finding.path.empty()) line += finding.path + ": ";
  return line + finding.text;
}

std::string to_line(const Measured& measured) {
  std::string line = "PCR " + std::to_string(measured.pcr);
  if (!measured.error.empty()) return line + ": " + measured.error;
  std::string_view before = " ";
  for (const tpm2::Digest& digest : measured.digests)
    line.append(std::exchange(before, ",")).append(tpm2::bank_name(digest.algorithm));
  return line;
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
  if (outcome.measured) write_measurement(*outcome.measured, out);
  bool used = false;
  for (const Candidate& each : candidates) {
    std::string_view state = !each.is_found ? "absent" : std::exchange(used, true) ? "found" : "used";
    out.begin("candidate").field("name", each.name).field("state", state).end();
  }
  for (const Finding& finding : outcome.checked.findings)
    out.begin("finding").field("text", to_line(finding, outcome)).end();
  for (const Finding& note : outcome.notes) out.begin("note").field("text", to_line(note, outcome)).end();
  if (outcome.checked.left_out > 0)
    out.begin("left-out").field("findings", static_cast<int64_t>(outcome.checked.left_out)).end();
  for (const Setting& setting : outcome.checked.settings) {
    out.begin("setting").field("path", setting.path).field("value", setting.value.substr(0, kShownValue));
    out.field("from", outcome.name_of_source(setting.source)).end();
  }
  return std::string(out.view());
}

}  // namespace ck::config
