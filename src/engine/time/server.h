// SPDX-License-Identifier: MIT
// A time server as the Keeper asks it: where it is, and who named it.
#pragma once

#include "base/addresses.h"
#include "base/fixed.h"
#include "wire/sntp/message.h"

namespace ck::timekeeping {

inline constexpr size_t kMaxServers = 4;

enum class Origin : uint8_t { Static, Learnt };
constexpr std::string_view name_of(Origin origin) { return origin == Origin::Static ? "static" : "learnt"; }

struct Server {
  IpAddress address;
  uint32_t scope = 0;  // interface index, where the address is link-local
  uint16_t port = sntp::kPort;
  Origin origin = Origin::Static;

  // The same place, whoever named it.
  bool is_at(const Server& other) const {
    return address == other.address && scope == other.scope && port == other.port;
  }
  friend bool operator==(const Server&, const Server&) = default;
};
using Servers = FixedVector<Server, kMaxServers>;

}  // namespace ck::timekeeping
