// SPDX-License-Identifier: MIT
#include "engine/config/host_name.h"

#include "base/text.h"

namespace ck::config {

namespace {

bool is_letter_or_digit(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9');
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  Splitter labels(text, '.');
  while (auto label = labels.next()) {
    if (label->empty() || label->size() > 63 || label->starts_with('-') || label->ends_with('-')) return false;
    for (char character : *label)
      if (!is_letter_or_digit(character) && character != '-') return false;
  }
  return true;
}

}  // namespace ck::config
