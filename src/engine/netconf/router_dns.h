// SPDX-License-Identifier: MIT
// DNS servers, search domains and NAT64 prefixes that routers advertise (RDNSS and DNSSL, RFC 8106; PREF64, RFC 8781):
// kept until their lifetime ends, a few for each link. When a link's share is full, new ones are left out, so a flood
// of advertisements neither grows nor churns the table.
#pragma once

#include "base/fixed.h"
#include "base/time.h"
#include "wire/netlink/values.h"

namespace ck::netconf {

class RouterDns {
 public:
  static constexpr size_t kPerLink = 3;  // RFC 8106 5.3.1: three is enough

  struct Entry {
    uint32_t link = 0;
    TimePoint since = from_ms(0);
    TimePoint until = kNever;
    std::optional<Ipv6Address> router;
  };
  struct Server : Entry {
    Ipv6Address address;
  };
  struct Domain : Entry {
    dhcp4::DomainName name;
  };
  struct Nat64 : Entry {
    IpPrefix prefix;
  };

  // Each returns whether the set of servers and domains changed; a new lifetime alone is no change.
  bool learn(const netlink::RouterDns& option, TimePoint now);
  bool expire(TimePoint now);
  bool forget_link(uint32_t link);

  TimePoint next_expiry() const;
  const auto& servers() const { return servers_; }
  const auto& domains() const { return domains_; }
  const auto& nat64() const { return nat64_; }

 private:
  template <typename Predicate>
  bool erase(Predicate predicate);

  FixedVector<Server, 48> servers_;
  FixedVector<Domain, 24> domains_;
  FixedVector<Nat64, 16> nat64_;
};

}  // namespace ck::netconf
