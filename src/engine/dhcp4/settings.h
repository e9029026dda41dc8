// SPDX-License-Identifier: MIT
// What a DHCPv4 client is told once, when it is made: how it names itself and which of the newer ways it takes.
#pragma once

#include "base/fixed.h"
#include "wire/dhcp4/options.h"

namespace ck::dhcp4 {

struct Settings {
  FixedString<63> host_name = {};  // empty: none is sent
  FixedString<64> vendor_class = "corekms";
  ClientId client_id = {};  // empty: type 1 and the hardware address
  RapidCommit rapid_commit = RapidCommit::No;
  Ipv6Only ipv6_only = Ipv6Only::No;
};

}  // namespace ck::dhcp4
