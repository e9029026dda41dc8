// SPDX-License-Identifier: MIT
// The vocabulary of DHCPv6 messages: message types, option codes, status codes and what option values become (RFC 9915
// sections 7.3, 21 and 11; 3646, 4075 and 5908 for DNS and time servers).
// Plain values only; reply.h parses them, query.h writes them. What RFC 9915 deprecates (IA_TA, Server Unicast,
// UseMulticast) has no name here and is passed over as unknown.
#pragma once

#include <cstdint>

#include "base/addresses.h"
#include "base/fixed.h"
#include "wire/dhcp4/options.h"

namespace ck::dhcp6 {

enum class MessageType : uint8_t {
  Solicit = 1,
  Advertise = 2,
  Request = 3,
  Confirm = 4,
  Renew = 5,
  Rebind = 6,
  Reply = 7,
  Release = 8,
  Decline = 9,
  Reconfigure = 10,
  InformationRequest = 11,
};

enum class OptionCode : uint16_t {
  ClientId = 1,
  ServerId = 2,
  IdentityAssociation = 3,  // IA_NA
  Address = 5,              // IAADDR
  OptionRequest = 6,        // ORO
  Preference = 7,
  ElapsedTime = 8,
  Authentication = 11,
  StatusCode = 13,
  RapidCommit = 14,
  ReconfigureMessage = 19,
  ReconfigureAccept = 20,
  DnsServers = 23,              // RFC 3646
  DomainList = 24,              // RFC 3646
  SntpServers = 31,             // RFC 4075
  InformationRefreshTime = 32,  // RFC 9915 21.23
  NtpServer = 56,               // RFC 5908
  SolicitMaxRt = 82,
  InformationMaxRt = 83,
};

// RFC 9915 21.13. A code that we do not know is taken for UnspecFail.
enum class StatusCode : uint16_t {
  Success = 0,
  UnspecFail = 1,
  NoAddrsAvail = 2,
  NoBinding = 3,
  NotOnLink = 4,
  UseMulticast = 5,  // obsolete: an answer to unicast, which this client never sends
};

// RFC 9915 11.1: two bytes of type and at most 128 of identifier.
inline constexpr size_t kLeastDuid = 3;
inline constexpr size_t kMaxDuid = 130;
using Duid = FixedVector<uint8_t, kMaxDuid>;

// More than these are left out.
inline constexpr size_t kMaxAddresses = 4;
inline constexpr size_t kMaxAssociations = 4;
inline constexpr size_t kMaxServers = 4;

using AddressList = FixedVector<Ipv6Address, kMaxAddresses>;
using ServerList = FixedVector<Ipv6Address, kMaxServers>;
using SearchList = dhcp4::SearchList;

// Seconds that mean "for ever" (RFC 9915 7.7).
inline constexpr uint32_t kInfiniteSeconds = 0xffffffff;

// RFC 9915 21.24, 21.25: SOL_MAX_RT and INF_MAX_RT beyond these are ignored.
inline constexpr uint32_t kLeastMaxRt = 60;
inline constexpr uint32_t kLargestMaxRt = 86400;

// RFC 9915 20.4: the reconfigure key authentication protocol.
inline constexpr size_t kKeySize = 16;

}  // namespace ck::dhcp6
