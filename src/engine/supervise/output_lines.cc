// SPDX-License-Identifier: MIT
#include "engine/supervise/output_lines.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace ck::supervise {

namespace {

constexpr unsigned kUsual = 6;  // LOG_INFO, as systemd takes output without a severity
constexpr unsigned kMostUrgent = 1;
constexpr size_t kMostEscaped = 1900;  // PRINTK_MESSAGE_MAX is 2048, with what stands before the text

// Takes "<N>" off the text; nothing when there is none.
std::optional<unsigned> take_severity(std::string_view& text) {
  size_t end = text.substr(0, 5).find('>');
  if (!text.starts_with('<') || end == std::string_view::npos) return std::nullopt;
  auto number = parse_u32(text.substr(1, end - 1));
  if (!number) return std::nullopt;
  text.remove_prefix(end + 1);
  return std::max(*number & 7, kMostUrgent);
}

bool is_blank(uint8_t byte) { return byte == '\t' || byte == '\r'; }

// How many of these bytes one message of the kernel holds as it is read again: those beyond ASCII, and "\\", are four
// then.
size_t fits(std::span<const uint8_t> bytes) {
  size_t written = 0;
  for (size_t size = 0; size < std::min(bytes.size(), OutputLines::kMaxLine); ++size) {
    written += bytes[size] >= 0x7f || bytes[size] == '\\' ? 4 : 1;
    if (written > kMostEscaped) return size;
  }
  return std::min(bytes.size(), OutputLines::kMaxLine);
}

bool continues_character(uint8_t byte) { return (byte & 0xc0) == 0x80; }

}  // namespace

std::span<uint8_t> OutputLines::room() {
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(begin_), buffer_.begin() + static_cast<ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  return std::span(buffer_).subspan(end_);
}

void OutputLines::filled(size_t size) { end_ += size; }

std::optional<OutputLine> OutputLines::next() {
  while (begin_ < end_) {
    auto rest = std::span(buffer_).subspan(begin_, end_ - begin_);
    size_t most = fits(rest);
    auto size = static_cast<size_t>(std::ranges::find(rest.first(most), '\n') - rest.begin());
    bool is_whole = size < rest.size() && rest[size] == '\n';
    if (!is_whole && size == rest.size()) return std::nullopt;
    // No character is cut where this is UTF-8.
    for (int steps = 0; !is_whole && steps < 3 && size > 1 && continues_character(rest[size]); ++steps) --size;
    auto found = line(size, size + (is_whole ? 1 : 0), !is_whole);
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<OutputLine> OutputLines::rest() { return line(end_ - begin_, end_ - begin_, false); }

std::optional<OutputLine> OutputLines::line(size_t size, size_t used, bool goes_on) {
  auto bytes = std::span(buffer_).subspan(begin_, size);
  begin_ += used;
  for (uint8_t& byte : bytes)
    if (byte < 0x20 || byte == 0x7f) byte = is_blank(byte) ? ' ' : '?';
  std::string_view text = as_text(bytes);
  auto severity = severity_;
  if (!severity) severity = take_severity(text).value_or(kUsual);
  severity_ = goes_on ? severity : std::nullopt;
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  if (text.empty()) return std::nullopt;
  return OutputLine{*severity, text};
}

}  // namespace ck::supervise
