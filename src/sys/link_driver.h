// SPDX-License-Identifier: MIT
// The name of the driver behind a network link, as sysfs has it ("virtio_net").
#pragma once

#include <string_view>

#include "base/fixed.h"

namespace ck::sys {

// Empty when there is none to be found (no sysfs, a virtual link).
FixedString<32> link_driver(std::string_view link_name);

}  // namespace ck::sys
