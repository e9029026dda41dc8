// SPDX-License-Identifier: MIT
#include "engine/web/body.h"

#include <utility>

#include "base/text.h"

namespace ck::web {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

struct Character {
  uint32_t code = 0;
  size_t length = 0;  // 0: not UTF-8
};

// The first character of a text that is not empty (RFC 3629: shortest form, no surrogates, up to U+10FFFF).
Character first_of(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  uint32_t code = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length};
}

// Controls, and characters that turn the direction of text around: they make a page say what is not there.
bool is_deceptive(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

}  // namespace

Body& Body::put(std::string_view text) {
  if (overflow_ || size_ > limit_ || text.size() > limit_ - size_) {
    overflow_ = true;
    return *this;
  }
  text.copy(buffer_.data() + size_, text.size());
  size_ += text.size();
  return *this;
}

Body& Body::frame(std::string_view text) {
  size_t limit = std::exchange(limit_, buffer_.size());
  put(text);
  limit_ = limit;
  return *this;
}

Body& Body::number(int64_t value) {
  char digits[24];
  TextWriter out(digits);
  out.signed_number(value);
  return put(out.view());
}

Body& Body::scaled(int64_t value, unsigned digits) {
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  uint64_t unit = 1;
  for (unsigned i = 0; i < digits; ++i) unit *= 10;
  char text[48];
  TextWriter out(text);
  if (value < 0) out.put('-');
  out.number(magnitude / unit);
  if (magnitude % unit != 0) out.put('.').number(magnitude % unit, digits, '0');
  std::string_view written = out.view();
  if (magnitude % unit != 0)
    while (written.ends_with('0')) written.remove_suffix(1);
  return put(written);
}

// `escape` puts what stands for a character of one byte, and says whether it did.
template <typename Escape>
Body& Body::put_escaped(std::string_view text, Escape escape) {
  while (!text.empty() && !overflow_) {
    Character character = first_of(text);
    if (character.length == 0) {
      put(kReplacement);
      text.remove_prefix(1);
      continue;
    }
    if (!escape(character.code)) put(text.substr(0, character.length));
    text.remove_prefix(character.length);
  }
  return *this;
}

Body& Body::put_html(std::string_view text) {
  return put_escaped(text, [this](uint32_t code) {
    switch (code) {
      case '&': return put("&amp;"), true;
      case '<': return put("&lt;"), true;
      case '>': return put("&gt;"), true;
      case '"': return put("&#34;"), true;
      case '\'': return put("&#39;"), true;
      default: return is_deceptive(code) ? (put(kReplacement), true) : false;
    }
  });
}

Body& Body::put_plain(std::string_view text) {
  return put_escaped(text, [this](uint32_t code) { return is_deceptive(code) ? (put(kReplacement), true) : false; });
}

Body& Body::put_json(std::string_view text) {
  return put_escaped(text, [this](uint32_t code) {
    if (code == '"' || code == '\\') return put("\\"), false;
    // '<' too: what takes the document for a page finds no tag in it.
    if (code >= 0x20 && code != 0x7f && code != '<') return false;
    char escaped[8];
    TextWriter out(escaped);
    put(out.put("\\u").hex(code, 4).view());
    return true;
  });
}

Body& Body::put_label(std::string_view text) {
  return put_escaped(text, [this](uint32_t code) {
    if (code == '"' || code == '\\') return put("\\"), false;
    if (code == '\n') return put("\\n"), true;
    return code < 0x20 || code == 0x7f ? (put(kReplacement), true) : false;
  });
}

}  // namespace ck::web
