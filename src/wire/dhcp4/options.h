// SPDX-License-Identifier: MIT
// The vocabulary of DHCPv4 messages: message types, option codes and what option values become (RFC 2132, 3442).
// Plain values only; reply.h parses them, query.h writes them, option_fault.h says what may be wrong with them.
#pragma once

#include <cstdint>

#include "base/addresses.h"
#include "base/fixed.h"

namespace ck::dhcp4 {

enum class MessageType : uint8_t { Discover = 1, Offer, Request, Decline, Ack, Nak, Release, Inform, ForceRenew };

// Option codes that this client sends or understands (RFC 2132; 80: RFC 4039, 108: RFC 8925, 119: RFC 3397, 121: RFC
// 3442; 249 is Microsoft's earlier code for 121).
enum class OptionCode : uint8_t {
  Pad = 0,
  SubnetMask = 1,
  Routers = 3,
  DnsServers = 6,
  LogServers = 7,
  HostName = 12,
  DomainName = 15,
  InterfaceMtu = 26,
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
  VendorClass = 60,
  ClientId = 61,
  RapidCommit = 80,
  Ipv6OnlyPreferred = 108,
  DomainSearch = 119,
  ClasslessRoutes = 121,
  MicrosoftRoutes = 249,
  End = 255,
};

// A domain name in text form without the final dot (RFC 1035: at most 253 characters).
using DomainName = FixedString<253>;

// More than these are left out; a resolver asks three servers at most.
inline constexpr size_t kMaxRouters = 2;
inline constexpr size_t kMaxDnsServers = 4;
inline constexpr size_t kMaxNtpServers = 4;
inline constexpr size_t kMaxLogServers = 4;
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
using LogServerList = FixedVector<Ipv4Address, kMaxLogServers>;
using SearchList = FixedVector<DomainName, kMaxSearchDomains>;
using RouteList = FixedVector<ClasslessRoute, kMaxClasslessRoutes>;

// What names the client to servers (option 61), whole: the type, then the identifier.
inline constexpr size_t kMaxClientId = 64;
using ClientId = FixedVector<uint8_t, kMaxClientId>;

// RFC 4039: the server may answer a DISCOVER with an ACK. Given and taken in the same words.
enum class RapidCommit : uint8_t { No, Yes };
// RFC 8925: this host can do without IPv4 where the network prefers that.
enum class Ipv6Only : uint8_t { No, Yes };
// Whether the interface MTU (26) is asked for: some clouds never answer a DISCOVER that asks.
enum class AskMtu : uint8_t { No, Yes };

inline constexpr uint16_t kLeastMtu = 68;  // RFC 2132 5.1

// Seconds that mean "for ever" (RFC 2131 3.3).
inline constexpr uint32_t kInfiniteSeconds = 0xffffffff;

}  // namespace ck::dhcp4
