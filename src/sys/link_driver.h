// SPDX-License-Identifier: MIT
// The hardware behind a network link, as sysfs has it: the name of its driver ("virtio_net") and its speed.
#pragma once

#include <string_view>

#include "base/fixed.h"

namespace ck::sys {

// Empty when there is none to be found (no sysfs, a virtual link).
FixedString<32> link_driver(std::string_view link_name);

// In Mbit/s; 0 where it is not known, as with a virtual card or without carrier.
uint32_t link_speed(std::string_view link_name);

}  // namespace ck::sys
