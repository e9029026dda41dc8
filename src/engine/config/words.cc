// SPDX-License-Identifier: MIT
#include "engine/config/words.h"

namespace ck::config {

namespace {

bool is_blank(char character) {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r' || character == '\0';
}

std::string_view unquoted(std::string_view text) {
  if (!text.starts_with('"')) return text;
  text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<Word> Words::next() {
  while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  if (rest_.empty()) return std::nullopt;
  bool quoted = false;
  size_t length = 0;
  while (length < rest_.size() && (quoted || !is_blank(rest_[length]))) {
    if (rest_[length] == '"') quoted = !quoted;
    ++length;
  }
  std::string_view word = unquoted(rest_.substr(0, length));
  rest_.remove_prefix(length);
  size_t equals = word.find('=');
  if (equals == std::string_view::npos) return Word{.key = word};
  return Word{.key = word.substr(0, equals), .value = unquoted(word.substr(equals + 1)), .has_value = true};
}

}  // namespace ck::config
