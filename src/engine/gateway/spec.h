// SPDX-License-Identifier: MIT
// What an administrator wants of the gateway, as plain values; the defaults are a gateway that works. Where it comes
// from (the command line, a configuration document, a test) is somebody else's business; spec_text.h reads it from
// records.
#pragma once

#include <cstdint>
#include <optional>

#include "base/fixed.h"
#include "engine/access/networks.h"
#include "engine/gateway/directory.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/network.h"
#include "engine/gateway/policy.h"
#include "engine/gateway/session.h"
#include "engine/gateway/source_table.h"

namespace ck::gateway {

inline constexpr size_t kMaxPools = 4;
inline constexpr size_t kMaxListeners = 4;            // of a pool
inline constexpr size_t kMaxUpstreams = kMaxMembers;  // of a pool
inline constexpr size_t kMaxBalancers = 8;

struct ListenerSpec {
  uint16_t port = kDefaultPort;
  std::optional<IpAddress> address;  // none: all of both families
  friend bool operator==(const ListenerSpec&, const ListenerSpec&) = default;
};

enum class ProxyOut : uint8_t { None, Version2 };

// Some hosts behind one or more ports. Hosts for different products belong into different pools.
struct PoolSpec {
  FixedString<24> name;
  FixedVector<ListenerSpec, kMaxListeners> listeners;
  FixedVector<Endpoint, kMaxUpstreams> upstreams;  // in this order; none: SRV records are looked for
  FixedVector<dns::Name, kMaxDomains> domains;     // whose SRV records; none: those that the network names
  Policy policy = Policy::standard();
  Checks checks = Checks::Active;
  uint16_t concurrency = 64;         // connections to one host at once
  std::optional<IpAddress> source4;  // our end of connections to IPv4 hosts
  std::optional<IpAddress> source6;
  FixedString<15> interface;  // through which they leave
  ProxyOut proxy = ProxyOut::None;
};

struct GatewaySpec {
  FixedVector<PoolSpec, kMaxPools> pools;
  access::Networks sources;                        // none: the standard ones
  FixedVector<IpPrefix, kMaxBalancers> balancers;  // speak the PROXY protocol, and must
  uint16_t connections = 0;                        // in all; 0: as memory allows
  SourceLimits source;
  Limits limits;
};

}  // namespace ck::gateway
