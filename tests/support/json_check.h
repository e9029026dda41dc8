// SPDX-License-Identifier: MIT
// Whether a text is one JSON document (RFC 8259), with nothing beside it.
#pragma once

#include <string_view>

#include "base/text.h"

namespace ck {

class JsonCheck {
 public:
  static bool is_document(std::string_view text) {
    JsonCheck check(text);
    check.blanks();
    bool good = check.value(0);
    check.blanks();
    return good && check.rest_.empty();
  }

 private:
  explicit JsonCheck(std::string_view text) : rest_(text) {}

  void blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r'))
      rest_.remove_prefix(1);
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool digits() {
    size_t count = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; ++count) rest_.remove_prefix(1);
    return count > 0;
  }
  bool string() {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      char byte = rest_[0];
      rest_.remove_prefix(1);
      if (byte == '"') return true;
      if (static_cast<uint8_t>(byte) < 0x20) return false;
      if (byte != '\\') continue;
      if (rest_.empty()) return false;
      bool is_unicode = rest_[0] == 'u';
      if (std::string_view("\"\\/bfnrtu").find(rest_[0]) == std::string_view::npos) return false;
      rest_.remove_prefix(1);
      for (int i = 0; is_unicode && i < 4; ++i) {
        if (rest_.empty() || !hex_digit(rest_[0])) return false;
        rest_.remove_prefix(1);
      }
    }
    return false;
  }
  bool number() {
    (void)take("-");
    if (rest_.starts_with('0') && rest_.size() > 1 && rest_[1] >= '0' && rest_[1] <= '9') return false;
    return digits() && (!take(".") || digits());
  }
  bool members(char close, bool named, int depth) {
    blanks();
    if (take(std::string_view(&close, 1))) return true;
    do {
      blanks();
      if (named && (!string() || !take(":"))) return false;
      blanks();
      if (!value(depth + 1)) return false;
      blanks();
    } while (take(","));
    return take(std::string_view(&close, 1));
  }
  bool value(int depth) {
    if (depth > 8 || rest_.empty()) return false;
    if (take("{")) return members('}', true, depth);
    if (take("[")) return members(']', false, depth);
    if (rest_[0] == '"') return string();
    return take("true") || take("false") || take("null") || number();
  }

  std::string_view rest_;
};

}  // namespace ck
