// SPDX-License-Identifier: MIT
// The kernel settings of one link that have to stand before it is brought up: how its IPv6 addresses are made and
// checked, and how routers are asked. They are files below /proc/sys/net, which CAP_NET_ADMIN may write. A setting that
// this kernel does not have is passed over; one that cannot be written is logged.
#pragma once

#include "wire/netlink/values.h"

namespace ck::netd {

void apply_link_settings(const netlink::Link& link);

}  // namespace ck::netd
