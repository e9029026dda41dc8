// SPDX-License-Identifier: MIT
// The document from the host of a VMware machine: `guestinfo.corekms.config`, as `guestinfo.corekms.config.encoding`
// says; or the properties of these names that were set when the appliance was deployed, which the host hands over in
// `guestinfo.ovfEnv`. Where the host keeps the backdoor from processes without I/O rights there is none.
#pragma once

#include <functional>
#include <optional>

#include "engine/config/gather.h"
#include "engine/vmware/guest_call.h"

namespace ck::config {

// Nothing on a machine of another make.
std::optional<Candidate> from_guestinfo();
// The same with any host: `exchange` hands six registers over and gets six back.
Candidate from_guestinfo(const std::function<void(vmware::Registers&)>& exchange);

}  // namespace ck::config
