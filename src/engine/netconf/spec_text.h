// SPDX-License-Identifier: MIT
// A NetworkSpec as records (wire/state/record.h), the form in which netd is handed one:
//
//   link name=eth0 [mac=52:54:00:12:34:56] [parent=eth1 vlan=7] [dhcp4=off] [dhcp6=off] [ra=off] [link-local4=off]
//        [use=fallback] [mtu=1400] [metric=50] [client-id=duid] [rapid-commit=on] [ipv6-only=on]
//   address link=eth0 address=192.0.2.5/24
//   route link=eth0 destination=198.51.100.0/24|default|default6 [gateway=192.0.2.1]
//   dns link=eth0 address=192.0.2.53
//   search link=eth0 name=example.org
//
// Everything is checked: an unknown kind or key, a value of the wrong form, a record of a link that was not introduced
// and a list that is full are errors that name the line and the key. The first error ends the reading.
#pragma once

#include <expected>
#include <string_view>

#include "engine/netconf/spec.h"

namespace ck::netconf {

struct SpecError {
  unsigned line = 0;           // from 1
  FixedString<32> key;         // empty: the record as a whole
  std::string_view complaint;  // static storage
};

std::expected<NetworkSpec, SpecError> parse_spec(std::string_view text);

}  // namespace ck::netconf
