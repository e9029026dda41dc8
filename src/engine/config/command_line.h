// SPDX-License-Identifier: MIT
// The kernel command line as CoreKMS reads it: the words that begin with `corekms.`; all others are the kernel's.
// Words are split and unquoted as the kernel does it (lib/cmdline.c, next_arg): blanks separate, a double quote toggles
// quoting anywhere, and one pair of quotes around the whole word or around the value is removed. When a key is
// given twice the last one counts, so what the boot loader appends wins over what was built in.
//
// An unknown corekms. key or a bad value never stops the boot: it becomes a problem in words, and the good rest counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fixed.h"

namespace ck::config {

inline constexpr uint16_t kKmsPort = 1688;
inline constexpr size_t kMaxUpstreams = 8;

// HOST:PORT, HOST an IPv4 address, an IPv6 address in brackets or a domain name; what gatewayd takes as --upstream.
using Upstream = FixedString<264>;
using Problem = FixedString<160>;

struct CommandLine {
  FixedVector<Upstream, kMaxUpstreams> upstreams;
  FixedString<63> hostname;
  FixedVector<Problem, 8> problems;
};

CommandLine parse_command_line(std::string_view text);

// RFC 1123 2.1: letters, digits and hyphens in labels of at most 63, not beginning or ending in a hyphen.
bool is_host_name(std::string_view text);

// One HOST[:PORT], brought into the form of Upstream; nothing when it is neither an address nor a name, or the port is
// 0.
std::optional<Upstream> parse_upstream(std::string_view text);

}  // namespace ck::config
