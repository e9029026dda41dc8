// SPDX-License-Identifier: MIT
// The networks that are served without being named, and how others are named. A program that listens serves these until
// it is told others, and wants a word of consent for any other: what the Internet routes, and shared address space.
#pragma once

#include <optional>
#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"

namespace ck::access {

inline constexpr size_t kMaxNetworks = 32;
using Networks = FixedVector<IpPrefix, kMaxNetworks>;

// Private, link-local, unique local, loopback, documentation.
Networks standard_networks();
// Not within these.
bool is_public(const IpPrefix& network);
// Within 100.64.0.0/10 (RFC 6598): public as well, since a provider's other customers are there; so are some VPNs. The
// Internet does not route it.
bool is_shared(const IpPrefix& network);
// ADDRESS/LENGTH, or an address alone.
std::optional<IpPrefix> parse_network(std::string_view text);
// Whether one of them holds the address; IPv4 within IPv6 counts as IPv4.
bool is_served(const Networks& networks, const IpAddress& address);

}  // namespace ck::access
