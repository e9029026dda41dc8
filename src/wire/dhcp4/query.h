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
  MacAddress hardware;                   // "chaddr"
  ClientId client_id = {};               // option 61; empty: type 1 and the hardware address
  Ipv4Address client;                    // "ciaddr": set while the address is in use (renewing, rebinding, release)
  std::optional<Ipv4Address> requested;  // option 50
  std::optional<Ipv4Address> server;     // option 54
  // The rest goes out in Discover and Request only.
  FixedString<63> host_name = {};              // option 12 when not empty
  FixedString<64> vendor_class = {};           // option 60 when not empty
  AskMtu ask_mtu = AskMtu::Yes;                // 26 in the parameter list
  Ipv6Only ipv6_only = Ipv6Only::No;           // 108 in the parameter list
  RapidCommit rapid_commit = RapidCommit::No;  // option 80, in a Discover
};

// Writes the message, padded to BOOTP's least length of 300 bytes. Errors: OutOfRange when the buffer is too small.
Result<Bytes> write_query(const Query& query, MutableBytes buffer);

// Writes one option; a value of more than 255 bytes as several options of the same code (RFC 3396).
void write_option(ByteWriter& out, OptionCode code, Bytes value);

// The client identifier that stands for `id`: itself, or type 1 and the hardware address when it is empty.
ClientId client_id_or_hardware(const ClientId& id, MacAddress hardware);

}  // namespace ck::dhcp4
