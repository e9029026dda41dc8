// SPDX-License-Identifier: MIT
// A WebSpec as records (wire/state/record.h), the form in which webd is handed one:
//
//   serve [http=on|off] [logs=on|off]
//   listen port=80 [address=192.0.2.2]
//   source network=192.0.2.0/24 [public=yes]
//
// Without `listen` it is port 80 of all addresses; the first `source` replaces the standard networks
// (engine/access/networks.h). Everything is checked; every error is told, up to state::kMaxSpecErrors, with its line
// and key.
#pragma once

#include <expected>
#include <string_view>

#include "engine/web/spec.h"
#include "wire/state/spec_reader.h"

namespace ck::web {

using state::SpecError;
using state::SpecErrors;

std::expected<WebSpec, SpecErrors> parse_spec(std::string_view text);

}  // namespace ck::web
