// SPDX-License-Identifier: MIT
// An ICMPv6 Router Solicitation from the unspecified address (RFC 4861 4.1, 6.3.7), for a link whose own address is
// still being checked: the kernel asks only after that, a second later.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace ck::ethernet {

inline constexpr size_t kRouterSolicitationSize = 48;  // IPv6 header and eight bytes of ICMPv6

// The whole IPv6 packet, to all routers (ff02::2), inside `buffer`. Errors: OutOfRange when it does not fit.
Result<Bytes> write_router_solicitation(MutableBytes buffer);

}  // namespace ck::ethernet
