// SPDX-License-Identifier: MIT
// The gateway's configuration from any text: it is read whole or refused with the lines that are wrong, and what was
// read is something that the gateway can run with.
#include <cstdlib>

#include "engine/gateway/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  auto spec = gateway::parse_spec(as_text(Bytes(data, size)));
  if (!spec) {
    if (spec.error().empty()) std::abort();
    for (const gateway::SpecError& error : spec.error())
      if (error.complaint.empty()) std::abort();
    return 0;
  }
  if (spec->pools.empty() || spec->sources.empty()) std::abort();
  for (const gateway::PoolSpec& pool : spec->pools)
    if (pool.name.empty() || pool.listeners.empty() || pool.policy.interfaces.empty() || pool.concurrency == 0)
      std::abort();
  return 0;
}
