// SPDX-License-Identifier: MIT
// What the configuration says of the screen, read from the records of [system]: `system power-keys=on|off`. The same
// file tells init of other things, so other kinds and keys are passed over.
#pragma once

#include <expected>
#include <string_view>

#include "engine/console/page.h"
#include "wire/state/spec_reader.h"

namespace ck::console {

struct Spec {
  PowerKeys power_keys = PowerKeys::Allowed;
};

std::expected<Spec, state::SpecErrors> parse_spec(std::string_view text);

}  // namespace ck::console
