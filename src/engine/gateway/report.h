// SPDX-License-Identifier: MIT
// The gateway's state as records (ARCHITECTURE.md, "Contracts": gatewayd/state): what it serves, its upstreams in their
// order, and, while something is missing, what was looked for and where.
#pragma once

#include <string_view>

#include "engine/gateway/directory.h"
#include "wire/state/record.h"

namespace ck::gateway {

// What the program counts. Every connection is accepted; each ends as one of answered, refused, probe or left.
struct Counters {
  uint64_t total = 0;     // connections that were more than a probe
  uint64_t answered = 0;  // with at least one call answered
  uint64_t refused = 0;   // closed by the gateway without an answer
  uint64_t probes = 0;    // connected and left without a byte
  uint32_t now = 0;       // open
};

struct Status {
  std::string_view listen;  // "[::]:1688"; empty before
  bool draining = false;
  TimePoint since{};  // serving since
  Counters counters;
  std::string_view last_client;  // the last that was answered; empty when none was
  TimePoint last{};
  std::string_view error;  // the last that went wrong; empty when nothing is
};

void write_report(const Status& status, const Directory& directory, TimePoint now, state::RecordWriter& out);

// The state by its name in the record.
std::string_view serving_state(const Status& status, const Directory& directory, TimePoint now);

}  // namespace ck::gateway
