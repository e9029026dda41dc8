// SPDX-License-Identifier: MIT
// A text that may be a time zone, at moments near and far: what is taken has names that can be shown and offsets that
// are possible, and the moments of ten years change it at most about twice a year.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/timezone/zone.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::timezone;  // NOLINT: a fuzz target
  auto zone = parse_zone({reinterpret_cast<const char*>(data), size});
  if (!zone) return 0;
  constexpr int32_t kMost = 25 * 3'600;
  const Half* before = nullptr;
  unsigned changes = 0;
  for (int64_t utc = 1'700'000'000; utc < 1'700'000'000 + 10ll * 365 * 86'400; utc += 6 * 3'600) {
    const Half& half = at(*zone, utc);
    if (half.name.size() < 3 || half.east < -kMost || half.east > kMost) __builtin_trap();
    for (char character : half.name.view())
      if (character <= ' ' || character > '~') __builtin_trap();
    if (before != nullptr && before != &half) ++changes;
    before = &half;
  }
  if (changes > 22) __builtin_trap();
  for (int64_t utc : {INT64_MIN, int64_t{-1}, INT64_MAX}) (void)at(*zone, utc);
  return 0;
}
