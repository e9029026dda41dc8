// SPDX-License-Identifier: MIT
// The machine as a host: its name, its loopback, and the hardware identity that a name can be made from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/addresses.h"
#include "base/fixed.h"
#include "base/result.h"

namespace ck::sys {

// Errors: System.
Result<void> set_hostname(std::string_view name);
FixedString<64> hostname();  // empty when there is none
Result<void> bring_loopback_up();

// The hardware address of the first Ethernet-like link, by interface index; nothing while there is none.
std::optional<MacAddress> first_hardware_address();

// Bytes that the kernel manages; 0 when it does not say.
size_t machine_memory();

// The last two bytes of the machine's SMBIOS UUID; nothing when the firmware gives none, or one of all zeros or ones.
std::optional<uint16_t> smbios_uuid_tail();

}  // namespace ck::sys
