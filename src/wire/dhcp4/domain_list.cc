// SPDX-License-Identifier: MIT
#include "wire/dhcp4/domain_list.h"

#include <optional>

namespace ck::dhcp4 {

namespace {

constexpr size_t kMaxLabel = 63;  // RFC 1035 2.3.4

bool is_label_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '-' || character == '_';
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabel || label.front() == '-') return false;
  for (char character : label)
    if (!is_label_character(character)) return false;
  return true;
}

struct Name {
  DomainName text;
  size_t next = 0;    // where the list goes on
  bool valid = true;  // false: walked over, but not a name for us
};

// The name at `start`; nothing when the list cannot be walked any further.
std::optional<Name> read_name(Bytes data, size_t start, Compression compression) {
  Name name;
  size_t at = start;
  size_t floor = start;  // a pointer must lead before this, so every jump makes progress
  bool jumped = false;
  for (;;) {
    if (at >= data.size()) return std::nullopt;
    size_t length = data[at];
    if ((length & 0xc0) == 0xc0) {
      if (compression == Compression::Forbidden || at + 1 >= data.size()) return std::nullopt;
      size_t target = (length & 0x3f) << 8 | data[at + 1];
      if (target >= floor) return std::nullopt;
      if (!jumped) name.next = at + 2;
      jumped = true;
      floor = target;
      at = target;
      continue;
    }
    if (length > kMaxLabel) return std::nullopt;
    ++at;
    if (length == 0) {
      if (!jumped) name.next = at;
      return name;
    }
    if (length > data.size() - at) return std::nullopt;
    std::string_view label = as_text(data.subspan(at, length));
    at += length;
    if (!is_label(label)) name.valid = false;
    if (!name.text.empty() && !name.text.append('.')) name.valid = false;
    if (!name.text.append(label)) name.valid = false;
  }
}

}  // namespace

DomainList parse_domain_list(Bytes data, Compression compression) {
  DomainList list;
  size_t at = 0;
  while (at < data.size()) {
    auto name = read_name(data, at, compression);
    if (!name) {
      ++list.bad;
      break;
    }
    at = name->next;
    if (!name->valid)
      ++list.bad;
    else if (!name->text.empty() && !list.names.push_back(name->text))
      break;
  }
  return list;
}

bool is_domain_name(std::string_view text) {
  if (text.empty() || text.size() > DomainName::capacity()) return false;
  for (;;) {
    size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace ck::dhcp4
