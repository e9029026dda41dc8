// SPDX-License-Identifier: MIT
// The least set of changes that brings what the kernel has on a link to the plan. A renewal only refreshes the lifetime
// of the address; routes that stand are not touched. Only what bears one of our protocol numbers (that of DHCP, and
// one of our own for all else) is ever removed.
// Addresses get the lease's own lifetime, so the kernel takes them away even if this program is not there to do it.
#pragma once

#include <variant>

#include "engine/netconf/plan.h"
#include "engine/netconf/present.h"

namespace ck::netconf {

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
struct AddRule {
  netlink::Rule rule;
};
struct RemoveRule {
  netlink::Rule rule;
};
using Change = std::variant<SetAddress, RemoveAddress, SetRoute, RemoveRoute, AddRule, RemoveRule>;
using Changes = FixedVector<Change, 64>;  // what does not fit comes with the next difference

// In the order in which they are to be carried out: new addresses, new routes, rules, old routes, old addresses.
// Fills `changes`, which is large and so the caller's.
void difference(const Plan& plan, const Present& present, uint32_t link, Changes& changes);

// Set by us, whatever set us to it.
bool is_ours(const netlink::Address& address);
bool is_ours(const netlink::Route& route);

}  // namespace ck::netconf
