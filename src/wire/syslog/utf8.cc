// SPDX-License-Identifier: MIT
#include "wire/syslog/utf8.h"

#include <cstdint>

namespace ck::syslog {

namespace {

uint8_t byte_at(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

// RFC 3629 section 4: what may stand second depends on the first; all after it is 80 to bf.
struct Lead {
  uint8_t first, last;  // of the first byte
  uint8_t low, high;    // of the second
  size_t size;
};
constexpr Lead kLeads[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                           {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                           {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

}  // namespace

size_t character_size(std::string_view text, size_t at) {
  uint8_t first = byte_at(text, at);
  if (first < 0x80) return 1;
  for (const Lead& lead : kLeads) {
    if (first < lead.first || first > lead.last) continue;
    if (text.size() - at < lead.size) return 0;
    if (byte_at(text, at + 1) < lead.low || byte_at(text, at + 1) > lead.high) return 0;
    for (size_t i = 2; i < lead.size; ++i)
      if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
    return lead.size;
  }
  return 0;
}

Encoding encoding_of(std::string_view text) {
  Encoding found = Encoding::Ascii;
  for (size_t at = 0; at < text.size();) {
    size_t size = character_size(text, at);
    if (size == 0) return Encoding::Other;
    if (size > 1) found = Encoding::Utf8;
    at += size;
  }
  return found;
}

std::string_view cut(std::string_view text, size_t size) {
  if (text.size() <= size) return text;
  // Back to the beginning of the character that is cut, which is at most three bytes away.
  size_t end = size;
  for (unsigned back = 0; back < 3 && end > 0 && (byte_at(text, end) & 0xc0) == 0x80; ++back) --end;
  return text.substr(0, character_size(text, end) > 1 ? end : size);
}

}  // namespace ck::syslog
