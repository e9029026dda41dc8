// SPDX-License-Identifier: MIT
// What is known at one moment: the texts of the programs' state files (ARCHITECTURE.md, "State files"; one that is
// absent is empty), memory, the clocks, and what the web server counts itself. The texts are views: they must outlive
// the snapshot, and so must what is written from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "engine/status/memory.h"
#include "engine/status/service.h"
#include "wire/state/record.h"

namespace ck::web {

// The programs whose state is read, in this order everywhere.
enum class File : uint8_t { Init, Netd, Gatewayd, Timed, Logd, Config };
inline constexpr size_t kFiles = 6;
inline constexpr const char* kFileNames[kFiles] = {"init", "netd", "gatewayd", "timed", "logd", "config"};

struct Counters {
  uint64_t connections = 0;  // accepted
  uint64_t requests = 0;     // answered, whatever with
  uint64_t errors = 0;       // of these, by a status from 400 on
  uint64_t refused = 0;      // connections closed unread: of a network that is not served, or one too many
};

struct Snapshot {
  std::string_view files[kFiles];
  status::Memory memory;
  TimePoint now;
  int64_t utc_ms = 0;  // since 1970
  Counters web;

  std::string_view file(File which) const { return files[static_cast<size_t>(which)]; }
};

// The key's number, brought within plus and minus 2^53: sums and differences of such numbers, and hundredths, fit.
std::optional<int64_t> number_of(const state::Record& record, std::string_view key);

// Nothing when init has published nothing.
std::optional<state::Record> service_process(const Snapshot& snapshot);
// The gateway's own record; nothing where another service has its place, or while it does not run.
std::optional<state::Record> gateway_record(const Snapshot& snapshot);

struct Service {
  status::Word word;
  bool serving = false;  // clients are served at this moment, as far as is known
};
Service service_of(const Snapshot& snapshot);

// A clock before this was never set.
bool is_clock_set(const Snapshot& snapshot);

// Programs that are not well, init's problems, and what is wrong with the configuration.
unsigned count_problems(const Snapshot& snapshot);
bool is_troubled(const state::Record& program);

}  // namespace ck::web
