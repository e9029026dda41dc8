// SPDX-License-Identifier: MIT
// The gateway's state as records (ARCHITECTURE.md, "Contracts": gatewayd/state): what it serves, its pools and their
// upstreams in order, whom it served and refused, and, while something is missing, what was looked for and where.
#pragma once

#include <span>
#include <string_view>

#include "engine/gateway/directory.h"
#include "engine/gateway/distinct_sketch.h"
#include "engine/gateway/ledger.h"
#include "engine/gateway/spec.h"
#include "wire/state/record.h"

namespace ck::gateway {

struct Status {
  bool draining = false;
  TimePoint since{};       // serving since
  uint32_t now = 0;        // connections
  uint32_t most = 0;       // that there may be
  int64_t utc_ms = 0;      // since 1970
  DistinctCount sources;   // that were answered in 30 days
  std::string_view error;  // the last that went wrong; empty when nothing is
};

struct PoolView {
  const PoolSpec* spec = nullptr;
  const Directory* directory = nullptr;
  size_t waiting = 0;                        // for a place
  std::array<size_t, kMaxMembers> active{};  // connections that each member has
};

using ListenText = FixedString<200>;
ListenText listen_text(const PoolSpec& pool);  // "[::]:1688"

void write_report(const Status& status, const Ledger& ledger, std::span<const PoolView> pools, TimePoint now,
                  state::RecordWriter& out);

}  // namespace ck::gateway
