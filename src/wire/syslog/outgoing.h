// SPDX-License-Identifier: MIT
// A message as a log server wants it:
//
//   RFC 5424     <134>1 2026-11-26T04:05:06.789Z host program 123 id [meta sequenceId="7" sysUpTime="4242"] text
//                Text that is UTF-8 and more than ASCII has a byte order mark before it (6.4); control characters are
//                written \x0a. At most 2048 bytes (6.1), text is cut.
//   GELF 1.1     {"version":"1.1","host":"host","short_message":"text",...}; what GELF does not name begins with `_`.
//   JSON lines   {"time":"2026-11-26T04:05:06.789Z","host":"host",...,"text":"text"}
//
// JSON is at most 8192 bytes, text is cut; what is no UTF-8 in it becomes U+FFFD. Text is never cut within a character.
// Frames: a datagram needs none; over TCP a message has its length before it (RFC 6587 section 3.4.1), or a line end
// behind it (3.4.2), or a NUL, as GELF has.
#pragma once

#include "base/bytes.h"
#include "wire/syslog/priority.h"

namespace ck::syslog {

inline constexpr size_t kMaxRfc5424 = 2048;
inline constexpr size_t kMaxJson = 8192;
inline constexpr size_t kMaxFrame = kMaxJson + 8;

inline constexpr size_t kMaxHost = 255;    // RFC 5424 section 6
inline constexpr size_t kMaxProgram = 48;  // APP-NAME
inline constexpr size_t kMaxMessageId = 32;

enum class Format : uint8_t { Rfc5424, Gelf, Json };
enum class Framing : uint8_t { None, Octet, Newline, Null };

struct Outgoing {
  Priority priority;
  int64_t utc_ms = 0;                                // since 1970
  int64_t uptime_ms = 0;                             // since the boot
  uint64_t sequence = 0;                             // 0: none, of a message about messages
  uint32_t pid = 0;                                  // 0: none
  std::string_view host, program, message_id, text;  // the first three may be empty
};

// Inside `buffer`, which has room for kMaxFrame bytes.
Bytes write_message(const Outgoing& message, Format format, Framing framing, std::span<char, kMaxFrame> buffer);

}  // namespace ck::syslog
