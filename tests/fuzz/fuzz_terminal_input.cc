// SPDX-License-Identifier: MIT
// Anything that a terminal may send, with pauses: sizes are bounded, and after a pause a byte is always a key again.
#include <cstddef>
#include <cstdint>

#include "engine/console/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::console;  // NOLINT: a fuzz target
  InputReader reader;
  ck::TimePoint now = ck::from_ms(1'000);
  unsigned silent = 0;
  for (size_t i = 0; i < size; ++i) {
    bool paused = i > 0 && data[i - 1] == 0xff;
    now += paused ? kWithinSequence + ck::Duration(1) : ck::Duration(1);
    auto input = reader.feed(data[i], now);
    silent = input ? 0 : silent + 1;
    if (silent > kLongestSequence + 1 || (paused && !input)) __builtin_trap();
    if (!input) continue;
    if (const auto* reported = std::get_if<ReportedSize>(&*input)) {
      bool possible =
          reported->columns > 0 && reported->columns < 10'000 && reported->rows > 0 && reported->rows < 10'000;
      if (!possible || data[i] != 'R') __builtin_trap();
    } else if (std::get<char>(*input) != static_cast<char>(data[i])) {
      __builtin_trap();
    }
  }
  return 0;
}
