// SPDX-License-Identifier: MIT
// Names of hosts.
#pragma once

#include <string_view>

namespace ck::config {

// RFC 1123 2.1: letters, digits and hyphens in labels of at most 63, not beginning or ending in a hyphen.
bool is_host_name(std::string_view text);

}  // namespace ck::config
