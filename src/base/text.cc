// SPDX-License-Identifier: MIT
#include "base/text.h"

namespace ck {

TextWriter& TextWriter::put(std::string_view text) {
  size_t take = text.size() < room() ? text.size() : room();
  size_ += text.copy(buffer_.data() + size_, take);
  if (take < text.size()) truncated_ = true;
  return *this;
}

TextWriter& TextWriter::number(uint64_t value, unsigned width, char fill) {
  char digits[20];
  unsigned count = 0;
  do {
    digits[sizeof(digits) - ++count] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  if (count < width) repeat(fill, width - count);
  return put(std::string_view(digits + sizeof(digits) - count, count));
}

TextWriter& TextWriter::signed_number(int64_t value) {
  if (value >= 0) return number(static_cast<uint64_t>(value));
  return put('-').number(0 - static_cast<uint64_t>(value));
}

TextWriter& TextWriter::hex(uint64_t value, unsigned digits) {
  for (unsigned i = digits; i > 0; --i) put("0123456789abcdef"[(value >> (4 * (i - 1))) & 0xf]);
  return *this;
}

TextWriter& TextWriter::padded(std::string_view text, unsigned width) {
  if (text.size() > width) text = text.substr(0, width);
  put(text);
  return repeat(' ', width - text.size());
}

TextWriter& TextWriter::repeat(char character, size_t count) {
  for (size_t i = 0; i < count && !truncated_; ++i) put(character);
  return *this;
}

std::optional<uint64_t> parse_u64(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char character : text) {
    if (character < '0' || character > '9') return std::nullopt;
    auto digit = static_cast<uint64_t>(character - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<uint32_t> parse_u32(std::string_view text) {
  auto value = parse_u64(text);
  if (!value || *value > UINT32_MAX) return std::nullopt;
  return static_cast<uint32_t>(*value);
}

std::optional<uint16_t> parse_u16(std::string_view text) {
  auto value = parse_u64(text);
  if (!value || *value > UINT16_MAX) return std::nullopt;
  return static_cast<uint16_t>(*value);
}

std::optional<uint8_t> hex_digit(char character) {
  if (character >= '0' && character <= '9') return static_cast<uint8_t>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<uint8_t>(character - 'a' + 10);
  if (character >= 'A' && character <= 'F') return static_cast<uint8_t>(character - 'A' + 10);
  return std::nullopt;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::string_view> Splitter::next() {
  if (done_) return std::nullopt;
  size_t end = rest_.find(separator_);
  std::string_view field = rest_.substr(0, end);
  if (end == std::string_view::npos)
    done_ = true;
  else
    rest_.remove_prefix(end + 1);
  return field;
}

}  // namespace ck
