// SPDX-License-Identifier: MIT
// The log servers that netd has learnt (DHCP option 7, RFC 2132 section 3.9), from its state file:
// `log-server link= address=`.
#pragma once

#include <string_view>

#include "engine/logring/spec.h"

namespace ck::logring {

// The first kMaxLearnt of them, each once; what is no address of one host is passed over.
FixedVector<IpAddress, kMaxLearnt> read_log_servers(std::string_view netd_state);

}  // namespace ck::logring
