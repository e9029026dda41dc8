// SPDX-License-Identifier: MIT
// The document from the host of a Hyper-V machine: `corekms.config` of the key-value exchange's pool 0, through the
// kernel's hv_utils. Waits a second at least where that device is, since only silence tells that all has come.
#pragma once

#include <optional>

#include "engine/config/gather.h"

namespace ck::config {

// Nothing on a machine of another make.
std::optional<Candidate> from_hyperv();
// The same through a descriptor that stands for the device.
Candidate from_kvp(int fd);

}  // namespace ck::config
