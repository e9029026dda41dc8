// SPDX-License-Identifier: MIT
#include "engine/netconf/policy.h"

#include "base/random.h"
#include "wire/netlink/constants.h"

namespace ck::netconf {

bool is_managed(const netlink::Link& link, std::span<const netlink::LinkName> named) {
  if (link.hardware != netlink::kHardwareEthernet || !link.has_mac || link.name.empty()) return false;
  if ((link.flags & netlink::kLinkLoopback) != 0) return false;
  for (const netlink::LinkName& name : named)
    if (name == link.name) return true;
  return link.kind.empty() && link.master == 0;
}

Ipv6Address stable_secret(std::string_view machine_identity) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a, then spread over 128 bits
  for (char character : machine_identity) hash = (hash ^ static_cast<uint8_t>(character)) * 0x100000001b3u;
  SeededRandom spread(hash);
  Ipv6Address secret;
  for (size_t half = 0; half < 2; ++half) {
    uint64_t bits = spread.next();
    for (size_t i = 0; i < 8; ++i) secret.octets[8 * half + i] = static_cast<uint8_t>(bits >> (8 * i));
  }
  return secret;
}

}  // namespace ck::netconf
