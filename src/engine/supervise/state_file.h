// SPDX-License-Identifier: MIT
// The text of init/state: what the console and others read about the system and its programs (ARCHITECTURE.md, "State
// files").
#pragma once

#include <span>
#include <string_view>

#include "base/fixed.h"
#include "engine/supervise/supervisor.h"

namespace ck::supervise {

using Problem = FixedString<160>;
using Problems = FixedVector<Problem, 8>;

struct SystemFacts {
  const char* version = "";
  const char* commit = "";
  FixedString<64> build;  // which image this is; empty where the program runs outside one
  FixedString<64> hostname;
  const char* hostname_source = "";  // "configuration", "hardware address", ...
  Problems problems;                 // of init itself: a mount that failed, ...
};

// Writes the records into `buffer` and returns the text. What does not fit is left out, a whole record at a time.
std::string_view write_state(const SystemFacts& facts, const Supervisor& supervisor, std::span<char> buffer);

}  // namespace ck::supervise
