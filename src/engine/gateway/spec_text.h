// SPDX-License-Identifier: MIT
// A GatewaySpec as records (wire/state/record.h), the form in which gatewayd is handed one:
//
//   pool name=windows [mode=enforce|monitor|learn] [alter=denied|validated] [calls=16] [concurrency=64]
//   [checks=active|none]
//        [proxy=none|v2] [source4=192.0.2.2] [source6=2001:db8::2] [interface=eth1]
//   listener pool=windows port=1688 [address=192.0.2.2]
//   upstream pool=windows host=kms.example.org[:1688]
//   domain pool=windows name=example.org
//   interface pool=windows uuid=51c82175-844e-4750-b0d8-ec255555bc06 version=1.0 opnums=0,2-4
//   source network=192.0.2.0/24 [public=yes]
//   balancer network=192.0.2.7/32
//   limits [connections=256] [per-source=16] [burst=40] [per-minute=240] [first-byte-ms=5000] [bind-ms=5000]
//          [queue-ms=5000] [connect-ms=3000] [call-ms=20000] [session-ms=30000]
//
// The first `interface` of a pool replaces the standard one, the first `source` the standard networks. A pool without a
// listener listens on port 1688. Everything is checked; every error is told, up to state::kMaxSpecErrors, with its line
// and key.
#pragma once

#include <expected>
#include <string_view>

#include "engine/gateway/spec.h"
#include "wire/state/spec_reader.h"

namespace ck::gateway {

using state::SpecError;
using state::SpecErrors;

std::expected<GatewaySpec, SpecErrors> parse_spec(std::string_view text);

}  // namespace ck::gateway
