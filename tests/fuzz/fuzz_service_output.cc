// SPDX-License-Identifier: MIT
// Any bytes as the output of a service, in pieces that its first byte chooses: the lines have no control characters, no
// severity of a console, and together every letter that was written.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/supervise/output_lines.h"

namespace {

size_t letters(const auto& bytes) {
  return static_cast<size_t>(std::ranges::count_if(bytes, [](auto byte) { return byte >= 'a' && byte <= 'z'; }));
}

size_t check(const ck::supervise::OutputLine& line) {
  if (line.severity < 1 || line.severity > 7 || line.text.empty() ||
      line.text.size() > ck::supervise::OutputLines::kMaxLine)
    __builtin_trap();
  for (char character : line.text)
    if (static_cast<uint8_t>(character) < 0x20 || character == 0x7f) __builtin_trap();
  return letters(line.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t piece = data[0] * size_t{8} + 1;
  std::span<const uint8_t> bytes(data + 1, size - 1);
  const size_t written = letters(bytes);
  size_t read = 0;
  ck::supervise::OutputLines lines;
  while (!bytes.empty()) {
    auto room = lines.room();
    if (room.size() < ck::supervise::OutputLines::kMaxLine) __builtin_trap();
    size_t count = std::min({piece, bytes.size(), room.size()});
    std::copy_n(bytes.begin(), count, room.begin());
    lines.filled(count);
    bytes = bytes.subspan(count);
    while (auto line = lines.next()) read += check(*line);
  }
  if (auto line = lines.rest()) read += check(*line);
  if (read != written) __builtin_trap();
  return 0;
}
