// SPDX-License-Identifier: MIT
#include "engine/dhcp4/lease.h"

#include <algorithm>

namespace ck::dhcp4 {

namespace {

// Without a subnet mask: the prefix of the address's class (RFC 791), as every other client does.
uint8_t classful_length(Ipv4Address address) {
  if (address.value >> 31 == 0) return 8;
  if (address.value >> 30 == 2) return 16;
  return 24;
}

struct Times {
  int64_t renew;  // seconds
  int64_t rebind;
};

// RFC 2131 4.4.5: T1 defaults to 0.5 and T2 to 0.875 of the lease. What was given counts only while T1 < T2 < lease.
Times times_of(int64_t lease, std::optional<uint32_t> renewal, std::optional<uint32_t> rebinding) {
  // A lease of a second or two is not asked for again at once: that would be a flood.
  Times standard{.renew = std::max<int64_t>(lease / 2, 1), .rebind = std::max<int64_t>(lease * 7 / 8, 1)};
  Times given{.renew = renewal ? *renewal : standard.renew, .rebind = rebinding ? *rebinding : standard.rebind};
  bool sound = given.renew > 0 && given.renew < given.rebind && given.rebind < lease;
  return sound ? given : standard;
}

}  // namespace

std::string_view name_of(LeaseFault fault) {
  switch (fault) {
    case LeaseFault::Address: return "no usable address";
    case LeaseFault::NoServer: return "no server identifier";
    case LeaseFault::NoLeaseTime: return "no lease time";
  }
  return "unknown";
}

bool is_host_address(Ipv4Address address) {
  return address.value >> 24 != 0 && !address.is_loopback() && address.value >> 28 < 0xe;
}

std::expected<Lease, LeaseFault> make_lease(const Reply& reply, std::optional<Ipv4Address> server, TimePoint start) {
  if (!is_host_address(reply.yours)) return std::unexpected(LeaseFault::Address);
  if (reply.server) server = reply.server;
  if (!server) return std::unexpected(LeaseFault::NoServer);
  if (!reply.lease_seconds) return std::unexpected(LeaseFault::NoLeaseTime);

  Lease lease;
  lease.address = {.address = reply.yours, .length = reply.prefix_length.value_or(classful_length(reply.yours))};
  lease.server = *server;
  lease.dns = reply.dns;
  lease.ntp = reply.ntp;
  lease.log_servers = reply.log_servers;
  lease.mtu = reply.mtu;
  lease.domain = reply.domain;
  lease.search = reply.search;
  if (reply.classless_routes) {
    lease.routes = *reply.classless_routes;
  } else {
    for (Ipv4Address router : reply.routers)
      if (is_host_address(router) && router != reply.yours) (void)lease.routers.push_back(router);
  }
  lease.start = start;
  lease.renew_at = lease.rebind_at = lease.expires_at = kNever;
  if (*reply.lease_seconds != kInfiniteSeconds) {
    Times times = times_of(*reply.lease_seconds, reply.renewal_seconds, reply.rebinding_seconds);
    lease.renew_at = start + std::chrono::seconds(times.renew);
    lease.rebind_at = start + std::chrono::seconds(times.rebind);
    lease.expires_at = start + std::chrono::seconds(*reply.lease_seconds);
  }
  return lease;
}

}  // namespace ck::dhcp4
