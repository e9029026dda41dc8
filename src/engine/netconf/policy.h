// SPDX-License-Identifier: MIT
// Which links are ours to configure, and the values that they are configured with which do not come from the network.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/addresses.h"
#include "wire/netlink/values.h"

namespace ck::netconf {

// Ethernet-like hardware: what has a kind (bridge, veth, tunnel, VLAN...) or is a port of something else is left alone,
// unless it is named.
bool is_managed(const netlink::Link& link, std::span<const netlink::LinkName> named);

// The secret of RFC 7217 for stable privacy addresses, made of something that stays the same on this machine: its
// SMBIOS UUID where that can be read, else the link's hardware address. It keeps addresses the same over reboots
// although nothing is stored; it hides nothing from those who know that identity.
Ipv6Address stable_secret(std::string_view machine_identity);

}  // namespace ck::netconf
