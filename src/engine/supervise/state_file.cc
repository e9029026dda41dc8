// SPDX-License-Identifier: MIT
#include "engine/supervise/state_file.h"

#include "wire/state/record.h"

namespace ck::supervise {

std::string_view write_state(const SystemFacts& facts, const Supervisor& supervisor, std::span<char> buffer) {
  state::RecordWriter out(buffer);
  out.begin("system").field("name", "CoreKMS").field("version", facts.version).field("commit", facts.commit);
  if (!facts.build.empty()) out.field("build", facts.build);
  out.field("hostname", facts.hostname).field("hostname-source", facts.hostname_source).end();
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
