// SPDX-License-Identifier: MIT
// What the configuration says of the screen, read from the records of [system]: `system power-keys=on|off timezone=`,
// `console name=` and `dumb-console name=` each. The same file tells init of other things, so other kinds and keys are
// passed over.
#pragma once

#include <expected>
#include <string_view>

#include "engine/console/page.h"
#include "wire/state/spec_reader.h"
#include "wire/timezone/zone.h"

namespace ck::console {

using TerminalName = FixedString<16>;  // "ttyS0"
using TerminalNames = FixedVector<TerminalName, 6>;

struct Spec {
  PowerKeys power_keys = PowerKeys::Allowed;
  timezone::Zone zone;
  bool every_console = true;  // those that the kernel lists; else `consoles`
  TerminalNames consoles;
  TerminalNames dumb;

  bool is_dumb(std::string_view name) const;
};

std::expected<Spec, state::SpecErrors> parse_spec(std::string_view text);

}  // namespace ck::console
