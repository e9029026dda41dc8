// SPDX-License-Identifier: MIT
// A server as a person writes it: `HOST`, `HOST:PORT`, `192.0.2.1:1688`, `[2001:db8::1]:1688`, `2001:db8::1`.
#pragma once

#include <optional>
#include <string_view>

#include "base/addresses.h"
#include "wire/dns/message.h"

namespace ck::resolver {

struct Endpoint {
  dns::Name name;                    // as written, without brackets
  std::optional<IpAddress> address;  // when it is a literal
  uint16_t port = 0;
};

// `default_port`: where none is written. Nothing when the host is neither an address nor a host name, or the port is
// not 1..65535.
std::optional<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port);

}  // namespace ck::resolver
