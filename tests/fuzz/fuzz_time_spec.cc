// SPDX-License-Identifier: MIT
// timed's configuration and netd's records from any text: read whole or refused with the lines that are wrong, and what
// was read is something that can be asked.
#include <cstdlib>

#include "engine/time/network.h"
#include "engine/time/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  std::string_view text = as_text(Bytes(data, size));
  timekeeping::Network network = timekeeping::read_network(text);
  for (const timekeeping::Server& server : network.learnt)
    if (server.address.is_unspecified() || server.address.is_loopback()) std::abort();
  auto spec = timekeeping::parse_spec(text);
  if (!spec) {
    if (spec.error().empty()) std::abort();
    for (const timekeeping::SpecError& error : spec.error())
      if (error.complaint.empty() || error.line == 0) std::abort();
    return 0;
  }
  if (spec->max_slew < 1ms || spec->max_slew > 5s) std::abort();
  timekeeping::Servers servers;
  for (const resolver::Endpoint& endpoint : spec->servers) {
    if (endpoint.name.empty() || endpoint.port == 0) std::abort();
    if (endpoint.address) (void)servers.push_back({.address = *endpoint.address, .port = endpoint.port});
  }
  if (timekeeping::merge_servers(servers, network.learnt).size() < servers.size()) std::abort();
  return 0;
}
