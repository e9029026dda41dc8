// SPDX-License-Identifier: MIT
// The kernel command line: whatever it holds, what comes out is bounded, printable, and parses again to itself.
#include <cstddef>
#include <cstdint>

#include "engine/config/command_line.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto line = ck::config::parse_command_line(text);
  if (!line.hostname.empty() && !ck::config::is_host_name(line.hostname)) __builtin_trap();
  for (const auto& upstream : line.upstreams) {
    auto again = ck::config::parse_upstream(upstream);
    if (!again || !(*again == upstream)) __builtin_trap();
  }
  for (const auto& problem : line.problems)
    for (char character : problem.view())
      if (character < 0x20 || character > 0x7e) __builtin_trap();
  return 0;
}
