// SPDX-License-Identifier: MIT
// From a lease to what the kernel should have (Wanted), and from there to the least set of changes. A renewal only
// refreshes the lifetime of the address; routes that stand are not touched. Only what bears our protocol number (that
// of DHCP) is ever removed.
// Addresses get the lease's own lifetime, so the kernel takes them away even if this program is not there to do it.
#pragma once

#include <variant>

#include "engine/dhcp4/lease.h"
#include "engine/netconf/present.h"

namespace ck::netconf {

// Metric of a link's DHCP routes: 100 and the link's index, so that of several links the first one found leads.
inline constexpr uint32_t kMetricBase = 100;
constexpr uint32_t metric_of(uint32_t link) { return kMetricBase + link; }

struct Wanted {
  FixedVector<PresentAddress, 1> addresses;
  FixedVector<netlink::Route, dhcp4::kMaxClasslessRoutes + 1> routes;
};

Wanted wanted_by(const dhcp4::Lease& lease, uint32_t link, TimePoint now);

struct SetAddress {
  netlink::Address address;
};
struct RemoveAddress {
  netlink::Address address;
};
struct SetRoute {
  netlink::Route route;
};
struct RemoveRoute {
  netlink::Route route;
};
using Change = std::variant<SetAddress, RemoveAddress, SetRoute, RemoveRoute>;
using Changes = FixedVector<Change, 48>;  // what does not fit comes with the next difference

// In the order in which they are to be carried out: new addresses, new routes, old routes, old addresses.
Changes difference(const Wanted& wanted, const Present& present, uint32_t link);

}  // namespace ck::netconf
