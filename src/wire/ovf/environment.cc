// SPDX-License-Identifier: MIT
#include "wire/ovf/environment.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace ck::ovf {

namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr unsigned kPropertyDepth = 3;  // Environment, PropertySection, Property
constexpr unsigned kMostDepth = 32;

std::string_view local_name(std::string_view name) { return name.substr(name.find(':') + 1); }

// What stands before `end`, and the text behind it in `rest`.
std::optional<std::string_view> take_until(std::string_view& rest, std::string_view end) {
  size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + end.size());
  return taken;
}

void skip_blanks(std::string_view& rest) { rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size())); }

void append_utf8(uint32_t point, std::string& out) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

// What stands between '&' and ';' (XML 1.0, 4.1 and 4.6).
Result<void> append_reference(std::string_view name, std::string& out) {
  struct Entity {
    std::string_view name;
    char character;
  };
  for (const Entity& entity : {Entity{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}})
    if (name == entity.name) {
      out.push_back(entity.character);
      return {};
    }
  if (!name.starts_with('#')) return fail(Code::Malformed, "OVF environment: an unknown entity");
  name.remove_prefix(1);
  uint32_t base = 10;
  if (name.starts_with('x')) {
    base = 16;
    name.remove_prefix(1);
  }
  uint32_t point = 0;
  for (char character : name) {
    uint32_t digit = hex_digit(character).value_or(16);
    if (digit >= base || point > 0x10ffff) return fail(Code::Malformed, "OVF environment: a character reference");
    point = point * base + digit;
  }
  if (name.empty() || point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return fail(Code::Malformed, "OVF environment: a character reference");
  append_utf8(point, out);
  return {};
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  while (auto plain = take_until(text, "&")) {
    out += *plain;
    auto name = take_until(text, ";");
    if (!name) return fail(Code::Malformed, "OVF environment: a reference without its end");
    CK_TRY(append_reference(*name, out));
  }
  return out += text;
}

struct Tag {
  std::string_view name;        // without its prefix
  std::string_view attributes;  // as written
  bool is_end = false;          // </name>
  bool is_empty = false;        // <name/>
};

// A tag's text ends at the first '>' that is in no quotes.
Result<Tag> take_tag(std::string_view& rest) {
  char quote = 0;
  size_t end = 0;
  for (; end < rest.size() && (quote != 0 || rest[end] != '>'); ++end) {
    char character = rest[end];
    if (quote == 0 && (character == '"' || character == '\'')) {
      quote = character;
    } else if (character == quote) {
      quote = 0;
    }
  }
  if (end == rest.size()) return fail(Code::Malformed, "OVF environment: a tag without its end");
  std::string_view text = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  Tag tag;
  tag.is_end = text.starts_with('/');
  if (tag.is_end) text.remove_prefix(1);
  tag.is_empty = text.ends_with('/');
  if (tag.is_empty) text.remove_suffix(1);
  size_t name = std::min(text.find_first_of(kBlank), text.size());
  tag.name = local_name(text.substr(0, name));
  tag.attributes = text.substr(name);
  if (tag.name.empty()) return fail(Code::Malformed, "OVF environment: a tag without a name");
  return tag;
}

struct Property {
  std::optional<std::string_view> key, value;  // as written
};

Result<Property> read_attributes(std::string_view rest) {
  Property property;
  for (skip_blanks(rest); !rest.empty(); skip_blanks(rest)) {
    auto name = take_until(rest, "=");
    if (name) skip_blanks(rest);
    if (!name || rest.empty() || (rest[0] != '"' && rest[0] != '\''))
      return fail(Code::Malformed, "OVF environment: an attribute of a property");
    char quote = rest[0];
    rest.remove_prefix(1);
    auto value = take_until(rest, std::string_view(&quote, 1));
    if (!value) return fail(Code::Malformed, "OVF environment: an attribute of a property");
    std::string_view local = local_name(name->substr(0, name->find_last_not_of(kBlank) + 1));
    if (local == "key") property.key = *value;
    if (local == "value") property.value = *value;
  }
  return property;
}

}  // namespace

Result<std::optional<std::string>> find_property(std::string_view rest, std::string_view key) {
  unsigned depth = 0;
  bool in_section = false, had_root = false;
  while (take_until(rest, "<")) {
    bool closes = true;
    if (rest.starts_with("!--")) {
      closes = take_until(rest, "-->").has_value();
    } else if (rest.starts_with("![CDATA[")) {
      closes = take_until(rest, "]]>").has_value();
    } else if (rest.starts_with('?')) {
      closes = take_until(rest, "?>").has_value();
    } else if (rest.starts_with('!')) {
      return fail(Code::Malformed, "OVF environment: a document type");
    } else {
      Tag tag = CK_TRY(take_tag(rest));
      if (tag.is_end) {
        if (depth == 0) return fail(Code::Malformed, "OVF environment: an end without its begin");
        if (--depth == 1) in_section = false;
        continue;
      }
      if (depth == 0 && (had_root || tag.name != "Environment"))
        return fail(Code::Malformed, "OVF environment: its root is no Environment");
      if (depth == kMostDepth) return fail(Code::Malformed, "OVF environment: too deep");
      had_root = true;
      ++depth;
      if (depth == kPropertyDepth - 1) in_section = tag.name == "PropertySection";
      if (depth == kPropertyDepth && in_section && tag.name == "Property") {
        Property property = CK_TRY(read_attributes(tag.attributes));
        if (property.key && CK_TRY(unescape(*property.key)) == key)
          return CK_TRY(unescape(property.value.value_or("")));
      }
      if (tag.is_empty) --depth;
    }
    if (!closes) return fail(Code::Malformed, "OVF environment: it breaks off");
  }
  if (!had_root || depth != 0) return fail(Code::Malformed, "OVF environment: it breaks off");
  return std::nullopt;
}

}  // namespace ck::ovf
