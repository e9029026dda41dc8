// SPDX-License-Identifier: MIT
// std::from_chars for double, which libc++ has from version 20 on and toml++ would otherwise replace by a stream.
#pragma once

#include <array>
#include <charconv>
#include <cstdlib>

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 200000
namespace std {

// toml++ gives it a checked number of at most 64 characters.
inline from_chars_result from_chars(const char* first, const char* last, double& value) {
  array<char, 80> digits{};
  size_t size = 0;
  for (; first + size != last && size + 1 < digits.size(); ++size) digits[size] = first[size];
  char* end = nullptr;
  value = ::strtod(digits.data(), &end);
  if (end == digits.data()) return {first, errc::invalid_argument};
  return {first + (end - digits.data()), errc{}};
}

}  // namespace std
#endif
