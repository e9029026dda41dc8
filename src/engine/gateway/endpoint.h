// SPDX-License-Identifier: MIT
// A KMS host as a person writes it (engine/resolver/endpoint.h): port 1688 where no other is said.
#pragma once

#include "engine/resolver/endpoint.h"

namespace ck::gateway {

inline constexpr uint16_t kDefaultPort = 1688;

using resolver::Endpoint;

inline std::optional<Endpoint> parse_endpoint(std::string_view text) {
  return resolver::parse_endpoint(text, kDefaultPort);
}

}  // namespace ck::gateway
