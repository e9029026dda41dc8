// SPDX-License-Identifier: MIT
#include "engine/netconf/router_search.h"

#include "wire/netlink/constants.h"

namespace ck::netconf {

bool has_router(const Present& present, uint32_t link) {
  for (const auto& row : present.routes()) {
    const netlink::Route& route = row.value.value;
    if (route.link == link && route.protocol == netlink::kProtocolRouter && route.destination.length == 0 &&
        route.destination.address.family == Family::V6)
      return true;
  }
  return false;
}

}  // namespace ck::netconf
