// SPDX-License-Identifier: MIT
// A datagram of /dev/log, in either form:
//
//   <14>Nov 26 04:05:06 program[123]: text           as syslog(3) of musl and glibc writes it (after RFC 3164; no host)
//   <14>1 2026-11-26T04:05:06Z host program 123 id [element key="value"] text           RFC 5424
//
// The sender's time, its host and its structured data are passed over: a local message happens when it comes, and here.
// Whatever does not follow the one form or the other is text from its beginning (RFC 3164 section 4.3.3).
#pragma once

#include "wire/syslog/priority.h"

namespace ck::syslog {

// Everything points into the datagram.
struct LocalMessage {
  Priority priority;
  std::string_view program;     // empty when it gives none
  uint32_t pid = 0;             // 0 when it gives none
  std::string_view message_id;  // RFC 5424 MSGID; empty when it gives none
  std::string_view text;        // without byte order mark and without line ends and NULs behind it
};

// Nothing when there is no text in it.
std::optional<LocalMessage> parse_local(std::string_view datagram);

// `program: text` and `program[123]: text`; where no such head stands it is all text.
struct Tagged {
  std::string_view program;
  uint32_t pid = 0;
  std::string_view text;
};
Tagged split_tag(std::string_view line);

}  // namespace ck::syslog
