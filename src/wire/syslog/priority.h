// SPDX-License-Identifier: MIT
// The priority of a log message: facility times eight plus severity (RFC 5424 section 6.2.1), `<134>` at the head of a
// message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ck::syslog {

// Smaller is more urgent.
enum class Severity : uint8_t { Emergency, Alert, Critical, Error, Warning, Notice, Info, Debug };
inline constexpr size_t kSeverities = 8;

std::string_view name_of(Severity severity);  // "emergency" ... "debug"
std::optional<Severity> parse_severity(std::string_view name);

inline constexpr uint8_t kFacilityKernel = 0;
inline constexpr uint8_t kFacilityUser = 1;
inline constexpr uint8_t kFacilityDaemon = 3;
inline constexpr uint8_t kFacilities = 24;

struct Priority {
  uint8_t facility = kFacilityUser;  // below kFacilities
  Severity severity = Severity::Notice;
  unsigned value() const { return facility * 8u + static_cast<unsigned>(severity); }
  friend bool operator==(const Priority&, const Priority&) = default;
};

// A facility that does not exist becomes `user`: whoever wrote it, the message is worth more than its label.
Priority priority_of(uint32_t value);

// Takes `<N>` (N of one to three digits, at most 191) from the front of `text`; nothing, and text as it was, where
// there is none.
std::optional<Priority> take_priority(std::string_view& text);

}  // namespace ck::syslog
