// SPDX-License-Identifier: MIT
// What a DHCPv6 server gave, as values with points in time: a Lease of addresses (IA_NA) and the Information beside
// it or alone (RFC 9915 18.2.10.1, 21.4, 21.6 and 21.23).
// Times count from when the request was sent, so a slow answer never stretches a lease.
#pragma once

#include <optional>

#include "base/time.h"
#include "wire/dhcp6/reply.h"

namespace ck::dhcp6 {

inline constexpr Duration kRefreshDefault = 86400s;  // IRT_DEFAULT
inline constexpr Duration kLeastRefresh = 600s;      // IRT_MINIMUM
inline constexpr Duration kLeastRenewal = 1s;        // 14.2: never at once, whatever the lifetimes are

struct Information {
  ServerList dns;
  SearchList search;
  ServerList ntp;  // of option 56, or else of option 31
  TimePoint since;
  TimePoint refresh_at;  // kNever beside a lease, which is renewed anyway
  Ipv6Address server_address;
  friend bool operator==(const Information&, const Information&) = default;
};

struct LeasedAddress {
  Ipv6Address address;
  TimePoint preferred_until;
  TimePoint valid_until;  // kNever: for ever
  friend bool operator==(const LeasedAddress&, const LeasedAddress&) = default;
};

struct Lease {
  FixedVector<LeasedAddress, kMaxAddresses> addresses;  // at least one
  Duid server;
  Ipv6Address server_address;
  TimePoint start;
  TimePoint renew_at;    // T1; kNever for an infinite lease
  TimePoint rebind_at;   // T2
  TimePoint expires_at;  // when the last address does
  Information information;

  bool has(const Ipv6Address& address) const;
  friend bool operator==(const Lease&, const Lease&) = default;
};

// The configuration in a reply; `refresh` is the default or what option 32 says, where it counts.
enum class Refresh : uint8_t { No, Yes };
Information make_information(const Reply& reply, const Ipv6Address& from, TimePoint start, Refresh refresh);

// The lease that `association` of `reply` makes of `before`, what it was till then (or of nothing): new addresses are
// added, known ones get their new lifetimes or go (valid lifetime 0), those that are not mentioned stay. Nothing when
// the association itself names no address that lives beyond `now`.
std::optional<Lease> make_lease(const Lease* before, const Reply& reply, const Association& association,
                                const Ipv6Address& from, TimePoint start, TimePoint now);

// Takes out addresses that are over, or one that another host has. True when there was such a one. The lease may be
// left without addresses, and is then not to be used.
bool remove_expired(Lease& lease, TimePoint now);
bool remove_address(Lease& lease, const Ipv6Address& address);

}  // namespace ck::dhcp6
