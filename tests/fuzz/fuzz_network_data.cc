// SPDX-License-Identifier: MIT
// OpenStack's network_data.json: everything stays bounded and has a place, and what is not called wrong is taken by
// netd.
#include <cstddef>
#include <cstdint>

#include "engine/config/cloud.h"
#include "engine/netconf/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::config;
  CloudNetwork network = read_network_data({reinterpret_cast<const char*>(data), size});
  if (network.errors.size() > kMaxFindings || network.notes.size() > kMaxFindings) __builtin_trap();
  for (const auto* findings : {&network.errors, &network.notes})
    for (const Finding& finding : *findings)
      if (finding.at.source != kFromNetworkConfig || finding.text.empty()) __builtin_trap();
  ck::toml::Node document;
  std::vector<Finding> errors, notes;
  lay_under(std::move(network), document, errors, notes);
  Checked checked = check(std::move(document));
  if (!errors.empty() || !checked.findings.empty()) return 0;
  if (!ck::netconf::parse_spec(checked.of(Program::Netd))) __builtin_trap();
  return 0;
}
