// SPDX-License-Identifier: MIT
// Small text work without std::format or locales: TextWriter builds text in a caller's buffer, the parse_* functions
// read numbers strictly (whole text, no sign, no blanks), Splitter walks over separated fields.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ck {

// Appends text to a fixed buffer. What does not fit is cut off and truncated() says so; it never writes past the end.
class TextWriter {
 public:
  explicit TextWriter(std::span<char> buffer) : buffer_(buffer) {}

  TextWriter& put(std::string_view text);
  TextWriter& put(char character) { return put(std::string_view(&character, 1)); }
  // Decimal, at least `width` characters wide, filled with `fill` on the left.
  TextWriter& number(uint64_t value, unsigned width = 0, char fill = ' ');
  TextWriter& signed_number(int64_t value);
  // Lower-case hexadecimal of exactly `digits` digits.
  TextWriter& hex(uint64_t value, unsigned digits);
  // Text padded with blanks on the right to `width`, cut there.
  TextWriter& padded(std::string_view text, unsigned width);
  TextWriter& repeat(char character, size_t count);

  std::string_view view() const { return {buffer_.data(), size_}; }
  size_t size() const { return size_; }
  size_t room() const { return buffer_.size() - size_; }
  bool truncated() const { return truncated_; }
  void clear() {
    size_ = 0;
    truncated_ = false;
  }

 private:
  std::span<char> buffer_;
  size_t size_ = 0;
  bool truncated_ = false;
};

// Decimal digits only; nothing when empty, too large or followed by anything.
std::optional<uint64_t> parse_u64(std::string_view text);
std::optional<uint32_t> parse_u32(std::string_view text);
std::optional<uint16_t> parse_u16(std::string_view text);
std::optional<uint8_t> hex_digit(char character);

// Without blanks, tabs and line ends on both sides.
std::string_view trim(std::string_view text);

// Walks over fields: `for (Splitter s(text, ','); auto field = s.next();)`. Empty fields are returned too.
class Splitter {
 public:
  Splitter(std::string_view text, char separator) : rest_(text), separator_(separator) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
  char separator_;
  bool done_ = false;
};

}  // namespace ck
