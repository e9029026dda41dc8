// SPDX-License-Identifier: MIT
#include "engine/config/place.h"

#include "base/text.h"

namespace ck::config {

namespace {

constexpr std::string_view kMark =
    "# The place of corekms.toml, filled by ./ck config put; empty lines stand for nothing. ";
constexpr std::string_view kUnit = " bytes:";

}  // namespace

std::string_view document_in_place(std::string_view text) {
  if (!text.starts_with(kMark)) return text;
  std::string_view rest = text.substr(kMark.size());
  size_t end = rest.find('\n');
  std::string_view length = rest.substr(0, end);
  if (end == std::string_view::npos || !length.ends_with(kUnit)) return text;
  length.remove_suffix(kUnit.size());
  rest.remove_prefix(end + 1);
  auto size = parse_u32(length);
  return size && *size <= rest.size() ? rest.substr(0, *size) : text;
}

}  // namespace ck::config
