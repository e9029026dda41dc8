// SPDX-License-Identifier: MIT
// DNS servers and search domains that routers advertise (RDNSS and DNSSL, RFC 8106): kept until their lifetime ends, a
// few for each link. When a link's share is full, new ones are left out, so a flood of advertisements neither grows nor
// churns the table.
#pragma once

#include "base/fixed.h"
#include "base/time.h"
#include "wire/netlink/values.h"

namespace ck::netconf {

class RouterDns {
 public:
  static constexpr size_t kPerLink = 3;  // RFC 8106 5.3.1: three is enough

  struct Server {
    uint32_t link = 0;
    Ipv6Address address;
    TimePoint until = kNever;
  };
  struct Domain {
    uint32_t link = 0;
    dhcp4::DomainName name;
    TimePoint until = kNever;
  };

  // Each returns whether the set of servers and domains changed; a new lifetime alone is no change.
  bool learn(const netlink::RouterDns& option, TimePoint now);
  bool expire(TimePoint now);
  bool forget_link(uint32_t link);

  TimePoint next_expiry() const;
  const auto& servers() const { return servers_; }
  const auto& domains() const { return domains_; }

 private:
  FixedVector<Server, 48> servers_;
  FixedVector<Domain, 24> domains_;
};

}  // namespace ck::netconf
