// SPDX-License-Identifier: MIT
#include "wire/syslog/kmsg.h"

namespace ck::syslog {

std::optional<KmsgRecord> parse_kmsg(std::string_view line) {
  size_t semicolon = line.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  Splitter fields(line.substr(0, semicolon), ',');
  auto priority = parse_u32(fields.next().value_or(""));
  auto sequence = parse_u64(fields.next().value_or(""));
  auto microseconds = parse_u64(fields.next().value_or(""));
  auto flags = fields.next();  // and fields that a later kernel adds
  if (!priority || !sequence || !microseconds || !flags) return std::nullopt;
  return KmsgRecord{.priority = priority_of(*priority),
                    .sequence = *sequence,
                    .microseconds = *microseconds,
                    .is_fragment = flags->find('c') != std::string_view::npos,
                    .text = line.substr(semicolon + 1)};
}

void unescape_kmsg(std::string_view text, TextWriter& out) {
  while (!text.empty()) {
    size_t plain = text.find('\\');
    out.put(text.substr(0, plain));
    if (plain == std::string_view::npos) return;
    text.remove_prefix(plain);
    auto high = text.size() >= 4 && text[1] == 'x' ? hex_digit(text[2]) : std::nullopt;
    auto low = high ? hex_digit(text[3]) : std::nullopt;
    out.put(low ? static_cast<char>(*high << 4 | *low) : '\\');
    text.remove_prefix(low ? 4 : 1);
  }
}

}  // namespace ck::syslog
