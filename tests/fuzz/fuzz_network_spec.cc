// SPDX-License-Identifier: MIT
// The text of a network specification: whatever stands in it, what is accepted keeps its bounds and can be planned.
#include <cstdint>
#include <cstdlib>

#include "engine/netconf/plan.h"
#include "engine/netconf/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;  // NOLINT: the fuzzer is about nothing else
  auto spec = netconf::parse_spec(as_text(Bytes(data, size)));
  if (!spec) {
    if (spec.error().line == 0 || spec.error().complaint.empty()) std::abort();
    return 0;
  }
  static netconf::Plan plan;
  netconf::Present present;
  for (const netconf::LinkSpec& link : spec->links) {
    if (link.name.empty() && !link.mac) std::abort();
    if (link.parent.empty() != (link.vlan == 0)) std::abort();
    netconf::make_plan({.link = 2, .mtu = 1500, .metric = 102, .spec = &link}, present, from_ms(1000), plan);
    if (plan.addresses.size() > link.addresses.size()) std::abort();
  }
  return 0;
}
