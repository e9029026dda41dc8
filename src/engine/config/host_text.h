// SPDX-License-Identifier: MIT
// How people write a host: its name, or where it listens.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fixed.h"

namespace ck::config {

inline constexpr uint16_t kKmsPort = 1688;

// HOST:PORT, HOST an IPv4 address, an IPv6 address in brackets or a domain name.
using Upstream = FixedString<264>;

// RFC 1123 2.1: letters, digits and hyphens in labels of at most 63, not beginning or ending in a hyphen.
bool is_host_name(std::string_view text);

// One HOST[:PORT], brought into the form of Upstream; nothing when it is neither an address nor a name, or the port is
// 0.
std::optional<Upstream> parse_upstream(std::string_view text);

}  // namespace ck::config
