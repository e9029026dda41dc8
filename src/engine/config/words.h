// SPDX-License-Identifier: MIT
// The words of a kernel command line, split and unquoted as the kernel does it (lib/cmdline.c, next_arg): blanks
// separate, a double quote toggles quoting anywhere, and one pair of quotes around the whole word or around the value
// is removed; a closing quote that is missing is forgiven.
#pragma once

#include <optional>
#include <string_view>

namespace ck::config {

struct Word {
  std::string_view key;
  std::string_view value;
  bool has_value = false;
};

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  std::optional<Word> next();

 private:
  std::string_view rest_;
};

}  // namespace ck::config
