// SPDX-License-Identifier: MIT
// What a DHCPv4 client sends: the fields that differ between its messages, and how they are put on the wire (RFC 2131
// tables 1 and 5). The parameter list and the largest message that we take are the same in all and added here.
#pragma once

#include <cstdint>
#include <optional>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/result.h"
#include "wire/dhcp4/options.h"

namespace ck::dhcp4 {

// Largest DHCP message (without IP and UDP) that we send or take: an Ethernet frame's worth.
inline constexpr size_t kMaxMessage = 1472;

struct Query {
  MessageType type = MessageType::Discover;
  uint32_t transaction = 0;              // "xid"
  uint16_t seconds = 0;                  // since the client began
  MacAddress hardware;                   // "chaddr"; client identifier 61 is made of it (type 1 and the address)
  Ipv4Address client;                    // "ciaddr": set while the address is in use (renewing, rebinding, release)
  std::optional<Ipv4Address> requested;  // option 50
  std::optional<Ipv4Address> server;     // option 54
  FixedString<63> host_name;             // option 12 when not empty
};

// Writes the message, padded to BOOTP's least length of 300 bytes. Errors: OutOfRange when the buffer is too small.
Result<Bytes> write_query(const Query& query, MutableBytes buffer);

}  // namespace ck::dhcp4
