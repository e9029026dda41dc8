// SPDX-License-Identifier: MIT
// A DHCPv4 lease as a value: what a server gave, checked, with its times as points in time (RFC 2131 4.4.1 and 4.4.5).
// Times count from when the request was sent, so a slow answer never stretches a lease.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "base/addresses.h"
#include "base/time.h"
#include "wire/dhcp4/reply.h"

namespace ck::dhcp4 {

struct Lease {
  IpPrefix address;
  Ipv4Address server;
  RouterList routers;
  RouteList routes;  // option 121 or 249; when it was given, routers is empty (RFC 3442)
  DnsServerList dns;
  NtpServerList ntp;
  LogServerList log_servers;
  std::optional<uint16_t> mtu;
  DomainName domain;
  SearchList search;
  TimePoint start;
  TimePoint renew_at;   // T1; kNever for an infinite lease
  TimePoint rebind_at;  // T2
  TimePoint expires_at;
  friend bool operator==(const Lease&, const Lease&) = default;
};

enum class LeaseFault : uint8_t {
  Address,      // not an address that a host can have
  NoServer,     // option 54 missing
  NoLeaseTime,  // option 51 missing, zero or malformed
};
std::string_view name_of(LeaseFault fault);

// The lease that an Offer or Ack describes. `server` stands in where the reply names none (some servers leave option 54
// out when they renew); `start` is when the request was sent.
std::expected<Lease, LeaseFault> make_lease(const Reply& reply, std::optional<Ipv4Address> server, TimePoint start);

// Usable as a host's own address.
bool is_host_address(Ipv4Address address);

}  // namespace ck::dhcp4
