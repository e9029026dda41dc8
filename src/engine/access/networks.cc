// SPDX-License-Identifier: MIT
#include "engine/access/networks.h"

namespace ck::access {

namespace {

// Private (RFC 1918), link-local, unique local (RFC 4193), loopback; and documentation (RFC 5737, RFC 3849), which the
// Internet does not route either.
constexpr std::string_view kStandard[] = {"10.0.0.0/8",   "172.16.0.0/12",   "192.168.0.0/16", "169.254.0.0/16",
                                          "127.0.0.0/8",  "fe80::/10",       "fc00::/7",       "::1/128",
                                          "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"};

}  // namespace

Networks standard_networks() {
  Networks networks;
  for (std::string_view text : kStandard)
    if (auto prefix = parse_prefix(text)) (void)networks.push_back(*prefix);
  return networks;
}

bool is_public(const IpPrefix& network) {
  for (const IpPrefix& standard : standard_networks())
    if (standard.length <= network.length && standard.contains(network.address)) return false;
  return true;
}

bool is_shared(const IpPrefix& network) {
  auto shared = parse_prefix("100.64.0.0/10");
  return shared && shared->length <= network.length && shared->contains(network.address);
}

std::optional<IpPrefix> parse_network(std::string_view text) {
  auto prefix = parse_prefix(text);
  if (prefix) return prefix;
  auto address = parse_ip(text);
  if (!address) return std::nullopt;
  return IpPrefix{.address = *address, .length = static_cast<uint8_t>(address->family == Family::V4 ? 32 : 128)};
}

bool is_served(const Networks& networks, const IpAddress& address) {
  IpAddress plain = without_mapping(address);
  for (const IpPrefix& network : networks)
    if (network.contains(plain)) return true;
  return false;
}

}  // namespace ck::access
