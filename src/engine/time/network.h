// SPDX-License-Identifier: MIT
// What the clock needs of the machine's network, read from the records that netd publishes: the time servers that
// leases name, the DNS servers for those that were given by name, and what tells that the network is another, so that
// it is worth trying again at once. A value; records that do not parse are passed over.
#pragma once

#include <string_view>

#include "engine/resolver/names.h"
#include "engine/time/server.h"

namespace ck::timekeeping {

inline constexpr size_t kMaxPaths = 16;

struct Network {
  Servers learnt;
  resolver::Servers dns;
  // Own addresses and gateways: without one, or with others, questions go other ways.
  FixedVector<IpAddress, kMaxPaths> paths;

  friend bool operator==(const Network&, const Network&) = default;
};

// From the text of netd/state.
Network read_network(std::string_view state);

// Those of the configured servers whose address is known, in the order of the configuration.
Servers servers_of(const resolver::Names& names);

// The configured servers (those whose address is known), then the learnt ones, none twice, as many as there is room
// for.
Servers merge_servers(const Servers& configured, const Servers& learnt);

}  // namespace ck::timekeeping
