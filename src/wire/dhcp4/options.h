// SPDX-License-Identifier: MIT
// The vocabulary of DHCPv4 messages: message types, option codes and what option values become (RFC 2132, 3442).
// Plain values only; reply.h parses them, query.h writes them.
#pragma once

#include <cstdint>

#include "base/addresses.h"
#include "base/fixed.h"

namespace ck::dhcp4 {

enum class MessageType : uint8_t { Discover = 1, Offer, Request, Decline, Ack, Nak, Release, Inform };

// Option codes that this client sends or understands (RFC 2132; 119: RFC 3397, 121: RFC 3442).
enum class OptionCode : uint8_t {
  Pad = 0,
  SubnetMask = 1,
  Routers = 3,
  DnsServers = 6,
  HostName = 12,
  DomainName = 15,
  NtpServers = 42,
  RequestedAddress = 50,
  LeaseTime = 51,
  Overload = 52,
  MessageType = 53,
  ServerId = 54,
  ParameterList = 55,
  Message = 56,
  MaxMessageSize = 57,
  RenewalTime = 58,
  RebindingTime = 59,
  ClientId = 61,
  DomainSearch = 119,
  ClasslessRoutes = 121,
  End = 255,
};

// A domain name in text form without the final dot (RFC 1035: at most 253 characters).
using DomainName = FixedString<253>;

// More than these are left out; a resolver asks three servers at most.
inline constexpr size_t kMaxRouters = 2;
inline constexpr size_t kMaxDnsServers = 4;
inline constexpr size_t kMaxNtpServers = 4;
inline constexpr size_t kMaxSearchDomains = 3;
inline constexpr size_t kMaxClasslessRoutes = 12;

// One route of option 121. A gateway of 0.0.0.0 means that the destination is on the link itself.
struct ClasslessRoute {
  Ipv4Address destination;
  uint8_t prefix_length = 0;
  Ipv4Address gateway;
  friend bool operator==(const ClasslessRoute&, const ClasslessRoute&) = default;
};

using RouterList = FixedVector<Ipv4Address, kMaxRouters>;
using DnsServerList = FixedVector<Ipv4Address, kMaxDnsServers>;
using NtpServerList = FixedVector<Ipv4Address, kMaxNtpServers>;
using SearchList = FixedVector<DomainName, kMaxSearchDomains>;
using RouteList = FixedVector<ClasslessRoute, kMaxClasslessRoutes>;

// Seconds that mean "for ever" (RFC 2131 3.3).
inline constexpr uint32_t kInfiniteSeconds = 0xffffffff;

}  // namespace ck::dhcp4
