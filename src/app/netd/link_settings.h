// SPDX-License-Identifier: MIT
// The kernel settings of one link that have to stand before it is brought up: how its IPv6 addresses are made and
// checked, and how routers are asked. They are files below /proc/sys/net, which CAP_NET_ADMIN may write. A setting that
// this kernel does not have is passed over; one that cannot be written is logged.
#pragma once

#include "wire/netlink/values.h"

namespace ck::netd {

enum class RouterAdvertisements : uint8_t { Ignored, Accepted };

void apply_link_settings(const netlink::Link& link, RouterAdvertisements accept);

// Taken up or left alone, at once. What was learnt stays.
void accept_router_advertisements(const netlink::Link& link, RouterAdvertisements accept);

// Of the default routes that routers advertise on this link: with the link's own metric, so that of several links the
// same one leads in both families.
void set_router_metric(const netlink::Link& link, uint32_t metric);

}  // namespace ck::netd
