// SPDX-License-Identifier: MIT
// What a DHCPv4 server sends, parsed (RFC 2131, 2132): the fixed fields and the options that the client knows.
// Options are read by a table of exact lengths; long ones are joined from their parts (RFC 3396), also from the file
// and server name fields (option 52). A bad option is left out and counted, the rest of the message stands. A message
// whose fixed part or type is bad is dropped with the reason.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/addresses.h"
#include "base/bytes.h"
#include "wire/dhcp4/option_fault.h"
#include "wire/dhcp4/options.h"

namespace ck::dhcp4 {

struct Reply {
  MessageType type = MessageType::Offer;  // Offer, Ack, Nak or ForceRenew
  uint32_t transaction = 0;
  MacAddress hardware;
  Ipv4Address yours;  // "yiaddr"
  std::optional<Ipv4Address> server;
  std::optional<uint8_t> prefix_length;  // of the subnet mask
  RouterList routers;
  DnsServerList dns;
  NtpServerList ntp;
  LogServerList log_servers;
  DomainName domain;  // empty: none
  SearchList search;
  std::optional<RouteList> classless_routes;  // 121, else 249; present, even when empty, makes routers void
  std::optional<uint32_t> lease_seconds;
  std::optional<uint32_t> renewal_seconds;    // T1
  std::optional<uint32_t> rebinding_seconds;  // T2
  std::optional<uint16_t> mtu;
  RapidCommit rapid_commit = RapidCommit::No;
  std::optional<uint32_t> ipv6_only_seconds;  // option 108: how long to do without IPv4
  // One byte more than ours can have, so that one that was cut is never ours.
  std::optional<FixedVector<uint8_t, kMaxClientId + 1>> client_id;
  FixedString<80> message;  // option 56: why it was a NAK; may hold any bytes
  OptionFaults faults;      // of the options that were left out
};

enum class Drop : uint8_t {
  Short,          // shorter than the fixed part
  NotReply,       // not BOOTREPLY
  Hardware,       // not an Ethernet address
  NoCookie,       // plain BOOTP
  NoMessageType,  // option 53 missing or malformed
  NotFromServer,  // a type that only clients send, or an unknown one
};
std::string_view name_of(Drop drop);

std::expected<Reply, Drop> parse_reply(Bytes message);

}  // namespace ck::dhcp4
