// SPDX-License-Identifier: MIT
// The sd_notify datagram protocol, sending side (man 3 sd_notify): `READY=1`, `STATUS=text`, `STOPPING=1`, one or more
// lines in a datagram to the Unix socket that $NOTIFY_SOCKET names. Without the variable it does nothing.
#pragma once

#include <string_view>

#include "base/result.h"

namespace ck::sys {

Result<void> notify(std::string_view message);

}  // namespace ck::sys
