// SPDX-License-Identifier: MIT
#include "wire/syslog/local.h"

#include <algorithm>

#include "base/text.h"

namespace ck::syslog {

namespace {

constexpr size_t kMaxTag = 48;  // as APP-NAME of RFC 5424
constexpr std::string_view kMark = "\xef\xbb\xbf";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// Does `text` begin like `pattern`, where '0' stands for a digit and '_' for a digit or a blank?
bool has_shape(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    bool fits = pattern[i] == '0'   ? is_digit(text[i])
                : pattern[i] == '_' ? is_digit(text[i]) || text[i] == ' '
                                    : text[i] == pattern[i];
    if (!fits) return false;
  }
  return true;
}

// "Nov 26 04:05:06 ", or the time of RFC 3339 that some libraries write in its place.
std::string_view without_time(std::string_view text) {
  size_t month = text.size() > 3 ? kMonths.find(text.substr(0, 3)) : std::string_view::npos;
  if (month != std::string_view::npos && month % 3 == 0 && has_shape(text.substr(3), " _0 00:00:00 "))
    return text.substr(16);
  if (has_shape(text, "0000-00-00T00:00:00")) {
    size_t blank = text.find(' ');
    if (blank != std::string_view::npos) return text.substr(blank + 1);
  }
  return text;
}

std::string_view without_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

// A header field of RFC 5424 and the blank behind it; empty for the nil value.
std::optional<std::string_view> take_field(std::string_view& text) {
  size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0) return std::nullopt;
  std::string_view field = text.substr(0, blank);
  text.remove_prefix(blank + 1);
  return field == "-" ? std::string_view() : field;
}

// RFC 5424 section 6.3: `-`, or elements in brackets, in which quoted values escape '"', '\' and ']'.
bool skip_structured_data(std::string_view& text) {
  if (text.starts_with('-')) {
    text.remove_prefix(1);
  } else {
    if (!text.starts_with('[')) return false;
    while (text.starts_with('[')) {
      bool quoted = false;
      size_t at = 1;
      for (; at < text.size(); ++at) {
        if (quoted && text[at] == '\\')
          ++at;
        else if (text[at] == '"')
          quoted = !quoted;
        else if (text[at] == ']' && !quoted)
          break;
      }
      if (at >= text.size()) return false;
      text.remove_prefix(at + 1);
    }
  }
  if (text.empty()) return true;
  if (text.front() != ' ') return false;
  text.remove_prefix(1);
  return true;
}

bool read_rfc5424(std::string_view text, LocalMessage& message) {
  if (!text.starts_with("1 ")) return false;
  text.remove_prefix(2);
  auto time = take_field(text);
  auto host = take_field(text);
  auto program = take_field(text);
  auto pid = take_field(text);
  auto id = take_field(text);
  if (!time || !host || !program || !pid || !id || !skip_structured_data(text)) return false;
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  message.program = program->substr(0, kMaxTag);
  message.pid = parse_u32(*pid).value_or(0);
  message.message_id = *id;
  message.text = text;
  return true;
}

}  // namespace

Tagged split_tag(std::string_view line) {
  Tagged whole{.text = line};
  size_t end = std::min(line.find_first_of(":[ \t"), line.size());
  if (end == 0 || end == line.size() || end > kMaxTag) return whole;
  for (char character : line.substr(0, end))
    if (character < 0x21 || character > 0x7e) return whole;
  Tagged tagged{.program = line.substr(0, end)};
  std::string_view rest = line.substr(end);
  if (rest.starts_with('[')) {
    size_t close = rest.find(']');
    if (close == std::string_view::npos) return whole;
    auto pid = parse_u32(rest.substr(1, close - 1));
    if (!pid) return whole;
    tagged.pid = *pid;
    rest.remove_prefix(close + 1);
  }
  // "12:30" and "http://host" begin no message of a program.
  if (!rest.starts_with(':') || (rest.size() > 1 && rest[1] != ' ')) return whole;
  rest.remove_prefix(std::min<size_t>(rest.size(), 2));
  tagged.text = rest;
  return tagged;
}

std::optional<LocalMessage> parse_local(std::string_view datagram) {
  std::string_view rest = without_end(datagram);
  LocalMessage message;
  auto priority = take_priority(rest);
  if (priority) message.priority = *priority;
  if (!priority || !read_rfc5424(rest, message)) {
    Tagged tagged = split_tag(without_time(rest));
    message.program = tagged.program;
    message.pid = tagged.pid;
    message.text = tagged.text;
  }
  if (message.text.empty()) return std::nullopt;
  return message;
}

}  // namespace ck::syslog
