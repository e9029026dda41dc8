// SPDX-License-Identifier: MIT
#include "engine/supervise/state_file.h"

#include "base/text.h"
#include "wire/state/record.h"

namespace ck::supervise {

namespace {

constexpr std::string_view kIgnored = "ignored.";

}  // namespace

std::string_view name_of(TrustFacts::SecureBoot secure_boot) {
  switch (secure_boot) {
    case TrustFacts::SecureBoot::None: return "none";
    case TrustFacts::SecureBoot::Off: return "off";
    case TrustFacts::SecureBoot::On: return "on";
  }
  return "";
}

std::string_view level_of(std::string_view lockdown) {
  size_t begin = lockdown.find('[');
  if (begin == std::string_view::npos) return {};
  size_t end = lockdown.find(']', begin);
  return end == std::string_view::npos ? std::string_view() : lockdown.substr(begin + 1, end - begin - 1);
}

FixedString<200> ignored_words(std::string_view command_line) {
  char buffer[200];
  TextWriter out(buffer);
  Splitter words(command_line.substr(0, command_line.find('\n')), ' ');
  while (auto word = words.next()) {
    if (!word->starts_with(kIgnored)) continue;
    word->remove_prefix(kIgnored.size());
    if (word->size() + 1 > out.room()) break;
    out.put(out.size() > 0 ? " " : "").put(*word);
  }
  return FixedString<200>(out.view());
}

std::string_view write_state(const SystemFacts& facts, const Supervisor& supervisor, std::span<char> buffer) {
  state::RecordWriter out(buffer);
  out.begin("system").field("name", "CoreKMS").field("version", facts.version).field("commit", facts.commit);
  if (!facts.build.empty()) out.field("build", facts.build);
  out.field("hostname", facts.hostname).field("hostname-source", facts.hostname_source).end();
  out.begin("trust").field("secure-boot", name_of(facts.trust.secure_boot));
  if (!facts.trust.lockdown.empty()) out.field("lockdown", facts.trust.lockdown);
  if (!facts.trust.ignored.empty()) out.field("ignored", facts.trust.ignored);
  out.end();
  for (const Program& program : supervisor.programs()) {
    out.begin("program").field("name", program.spec.name);
    out.field("role", program.spec.role == Role::Service ? "service" : "core").field("state", name_of(program.state));
    if (program.pid != 0) out.field("pid", program.pid);
    out.field("since-ms", to_ms(program.since)).field("restarts", static_cast<int64_t>(program.restarts));
    if (!program.status.empty()) out.field("status", program.status);
    if (!program.error.empty()) out.field("error", program.error);
    out.end();
  }
  for (const Problem& problem : facts.problems) out.begin("problem").field("text", problem).end();
  return out.view();
}

}  // namespace ck::supervise
