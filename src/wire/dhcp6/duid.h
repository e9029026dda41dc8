// SPDX-License-Identifier: MIT
// How a machine names itself to DHCPv6 servers (RFC 9915 section 11): a DUID for the whole machine, which must outlive
// its boots, and an IAID for each of its links. Nothing is stored here, so both are made of what the hardware says.
#pragma once

#include <array>

#include "wire/dhcp6/options.h"

namespace ck::dhcp6 {

// DUID-UUID (RFC 6355), of the SMBIOS UUID: the same on every link of the machine.
Duid duid_of(const std::array<uint8_t, 16>& uuid);
// DUID-LL (RFC 9915 11.4), of an Ethernet address.
Duid duid_of(const MacAddress& mac);

// The last four bytes of the link's hardware address: the same at every boot, apart between a machine's links.
uint32_t iaid_of(const MacAddress& mac);

}  // namespace ck::dhcp6
