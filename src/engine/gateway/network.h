// SPDX-License-Identifier: MIT
// What the gateway needs of the machine's network, read from the records that netd publishes: our own addresses (never
// to be relayed to), the DNS servers to ask and the domains to look in. A value; records that do not parse are passed
// over.
#pragma once

#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"
#include "wire/dns/message.h"

namespace ck::gateway {

struct NameServer {
  IpAddress address;
  uint32_t scope = 0;  // interface index, where the address is link-local
  friend bool operator==(const NameServer&, const NameServer&) = default;
};

inline constexpr size_t kMaxOwnAddresses = 64;
inline constexpr size_t kMaxNameServers = 6;
inline constexpr size_t kMaxDomains = 4;

struct Network {
  FixedVector<IpAddress, kMaxOwnAddresses> own;
  FixedVector<NameServer, kMaxNameServers> servers;
  FixedVector<dns::Name, kMaxDomains> domains;

  // One of our addresses, or one that only ever leads back to this machine or to nobody.
  bool is_own(const IpAddress& address) const;
  friend bool operator==(const Network&, const Network&) = default;
};

// From the text of netd/state.
Network read_network(std::string_view state);

}  // namespace ck::gateway
