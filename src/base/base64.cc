// SPDX-License-Identifier: MIT
#include "base/base64.h"

#include <cstdint>

namespace ck {

namespace {

std::optional<uint32_t> digit(char character) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t at = kAlphabet.find(character);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<uint32_t>(at);
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  unsigned count = 0, padding = 0;
  for (char character : text) {
    if (character == ' ' || character == '\t' || character == '\r' || character == '\n') continue;
    if (character == '=') {
      ++padding;
      continue;
    }
    auto value = digit(character);
    if (!value || padding > 0) return std::nullopt;
    bits = bits << 6 | *value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  bool whole = count < 6 && (bits & ((1u << count) - 1)) == 0;
  bool padded = padding == 0 || padding == count / 2;
  if (!whole || !padded) return std::nullopt;
  return out;
}

}  // namespace ck
