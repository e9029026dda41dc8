// SPDX-License-Identifier: MIT
// A record of /dev/kmsg (the kernel's Documentation/ABI/testing/dev-kmsg):
//
//   6,339,5140900,-;text with \x0a for what cannot be printed
//    SUBSYSTEM=pci           lines of a dictionary begin with a blank; they are passed over
//
// What a program has written comes back with a facility other than the kernel's, as `program: text` (split_tag()).
#pragma once

#include "base/text.h"
#include "wire/syslog/priority.h"

namespace ck::syslog {

struct KmsgRecord {
  Priority priority;
  uint64_t sequence = 0;
  uint64_t microseconds = 0;  // of the kernel's own clock, which begins with the boot as CLOCK_MONOTONIC does
  bool is_fragment = false;   // more of the line before it (flag `c`); kept as a line of its own
  std::string_view text;      // still escaped; inside the line
};

// `line` is without its line end. Nothing for a line of a dictionary and for what is no record.
std::optional<KmsgRecord> parse_kmsg(std::string_view line);

void unescape_kmsg(std::string_view text, TextWriter& out);

}  // namespace ck::syslog
