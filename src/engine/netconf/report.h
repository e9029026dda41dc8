// SPDX-License-Identifier: MIT
// What netd tells others: its state file (ARCHITECTURE.md, "Contracts") and the resolver's configuration, both as text
// made from the tables. What does not fit is left out by whole lines.
#pragma once

#include <span>
#include <string_view>

#include "base/text.h"
#include "engine/dhcp4/client.h"
#include "engine/netconf/present.h"
#include "engine/netconf/router_dns.h"
#include "wire/state/record.h"

namespace ck::netconf {

// One managed link as the report sees it, in the order of the report.
struct LinkReport {
  const netlink::Link* link = nullptr;
  std::string_view driver;
  dhcp4::State state = dhcp4::State::Down;
  const dhcp4::Lease* lease = nullptr;  // the one in use
};

void write_state(std::span<const LinkReport> links, const Present& present, const RouterDns& router_dns,
                 state::RecordWriter& out);

// At most three servers, as resolvers read no more; each link's DHCP servers before its routers' servers.
void write_resolver(std::span<const LinkReport> links, const RouterDns& router_dns, TextWriter& out);

// Interface flags as `ip address` prints them: "BROADCAST,MULTICAST,UP,LOWER_UP".
void write_link_flags(uint32_t flags, TextWriter& out);

}  // namespace ck::netconf
