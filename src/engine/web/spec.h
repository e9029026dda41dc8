// SPDX-License-Identifier: MIT
// What an administrator wants of the web server, as plain values; the defaults are a page on port 80 for the networks
// that are not public. spec_text.h reads it from records.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/access/networks.h"

namespace ck::web {

inline constexpr size_t kMaxListeners = 4;
inline constexpr uint16_t kDefaultPort = 80;

struct Listener {
  uint16_t port = kDefaultPort;
  std::optional<IpAddress> address;  // none: all of both families
  friend bool operator==(const Listener&, const Listener&) = default;
};

struct WebSpec {
  bool http = true;  // off: nothing is listened on
  bool logs = true;  // /logs
  FixedVector<Listener, kMaxListeners> listeners;
  access::Networks sources;
};

}  // namespace ck::web
