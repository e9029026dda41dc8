// SPDX-License-Identifier: MIT
// cloud-init's network-config with the YAML reader under it, and the same text as meta-data: everything stays bounded
// and has a place, and what is not called wrong is taken by netd.
#include <cstddef>
#include <cstdint>

#include "engine/config/cloud.h"
#include "engine/config/host_name.h"
#include "engine/netconf/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::config;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  CloudNetwork network = read_network_config(text);
  if (network.errors.size() > kMaxFindings || network.notes.size() > kMaxFindings) __builtin_trap();
  for (const auto* findings : {&network.errors, &network.notes})
    for (const Finding& finding : *findings)
      if (finding.at.source != kFromNetworkConfig || finding.text.empty()) __builtin_trap();
  read_hostname(text, network);
  if (!network.hostname.text.empty() && !is_host_name(network.hostname.text)) __builtin_trap();
  ck::toml::Node document;
  std::vector<Finding> errors, notes;
  lay_under(std::move(network), document, errors, notes);
  Checked checked = check(std::move(document));
  if (!errors.empty() || !checked.findings.empty()) return 0;
  if (!ck::netconf::parse_spec(checked.of(Program::Netd))) __builtin_trap();
  return 0;
}
