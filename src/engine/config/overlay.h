// SPDX-License-Identifier: MIT
// What the kernel command line says over the document: `corekms.KEY=VALUE` for single keys, KEY a dotted path of the
// document whose numbers count tables of an array from 0 (`corekms.link.0.mtu=1400`); `corekms.upstream=` and
// `corekms.hostname=` for the two that matter most; `ip=` and `nameserver=` as dracut reads them (dracut_ip.h). VALUE
// is a TOML value, or else a string; one with commas becomes an array where the key takes one. The last word for a key
// counts, so what a boot loader appends wins.
#pragma once

#include <string_view>
#include <vector>

#include "engine/config/check.h"

namespace ck::config {

// The source of what comes from the command line (toml::Position); `line` is then the number of the word, from 1.
inline constexpr uint8_t kFromCommandLine = 1;

// Changes `document`; what cannot be done becomes a finding.
void apply_command_line(std::string_view command_line, toml::Node& document, std::vector<Finding>& findings);

}  // namespace ck::config
