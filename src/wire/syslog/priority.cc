// SPDX-License-Identifier: MIT
#include "wire/syslog/priority.h"

#include <array>

#include "base/text.h"

namespace ck::syslog {

namespace {
constexpr std::array<std::string_view, kSeverities> kNames = {"emergency", "alert",  "critical", "error",
                                                              "warning",   "notice", "info",     "debug"};
constexpr uint32_t kMaxPriority = kFacilities * 8u - 1;
}  // namespace

std::string_view name_of(Severity severity) { return kNames[static_cast<size_t>(severity) % kSeverities]; }

std::optional<Severity> parse_severity(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Severity>(i);
  return std::nullopt;
}

Priority priority_of(uint32_t value) {
  uint32_t facility = value / 8;
  return {.facility = facility < kFacilities ? static_cast<uint8_t>(facility) : kFacilityUser,
          .severity = static_cast<Severity>(value % kSeverities)};
}

std::optional<Priority> take_priority(std::string_view& text) {
  if (!text.starts_with('<')) return std::nullopt;
  size_t end = text.substr(0, 5).find('>');
  if (end == std::string_view::npos) return std::nullopt;
  auto value = parse_u32(text.substr(1, end - 1));
  if (!value || *value > kMaxPriority) return std::nullopt;
  text.remove_prefix(end + 1);
  return priority_of(*value);
}

}  // namespace ck::syslog
