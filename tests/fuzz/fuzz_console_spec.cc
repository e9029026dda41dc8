// SPDX-License-Identifier: MIT
// Records for the console with anything in them: what is taken is within its bounds, what is not is told with its line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/console/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::console;  // NOLINT: a fuzz target
  auto spec = parse_spec({reinterpret_cast<const char*>(data), size});
  if (!spec) {
    if (spec.error().empty() || spec.error()[0].line == 0 || spec.error()[0].complaint.empty()) __builtin_trap();
    return 0;
  }
  if (spec->every_console && !spec->consoles.empty()) __builtin_trap();
  for (const TerminalName& name : spec->dumb)
    if (name.empty() || !spec->is_dumb(name)) __builtin_trap();
  return 0;
}
