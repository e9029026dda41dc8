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

// How far what the machine runs is vouched for.
struct TrustFacts {
  enum class SecureBoot : uint8_t { None, Off, On };  // None: not started by UEFI
  SecureBoot secure_boot = SecureBoot::None;
  FixedString<20> lockdown;  // "confidentiality"; empty: the kernel does not say
  FixedString<200> ignored;  // words of the command line that do not count with Secure Boot on
};
std::string_view name_of(TrustFacts::SecureBoot secure_boot);

// The level in brackets of "none integrity [confidentiality]" (/sys/kernel/security/lockdown); empty when there is
// none.
std::string_view level_of(std::string_view lockdown);
// The words that the kernel's EFI stub has marked "ignored.", without that mark; as many as have room.
FixedString<200> ignored_words(std::string_view command_line);

struct SystemFacts {
  const char* version = "";
  const char* commit = "";
  FixedString<64> build;  // which image this is; empty where the program runs outside one
  FixedString<64> hostname;
  const char* hostname_source = "";  // "configuration", "hardware address", ...
  TrustFacts trust;
  Problems problems;  // of init itself: a mount that failed, ...
};

// Writes the records into `buffer` and returns the text. What does not fit is left out, a whole record at a time.
std::string_view write_state(const SystemFacts& facts, const Supervisor& supervisor, std::span<char> buffer);

}  // namespace ck::supervise
