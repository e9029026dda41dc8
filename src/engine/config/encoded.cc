// SPDX-License-Identifier: MIT
#include "engine/config/encoded.h"

#include "base/base64.h"
#include "wire/gzip/member.h"
#include "wire/toml/document.h"

namespace ck::config {

namespace {

constexpr size_t kShownEncoding = 40;

std::string_view without_space(std::string_view text) {
  constexpr std::string_view kSpace(" \t\r\n\0", 5);
  size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

Content trouble(std::string text) { return {.text = {}, .trouble = std::move(text)}; }

std::string too_long() { return "longer than " + std::to_string(toml::kMaxDocument) + " bytes"; }

}  // namespace

Content decode(std::string_view value, std::string_view encoding) {
  encoding = without_space(encoding);
  bool is_gzip = encoding == "gzip+base64" || encoding == "gz+b64";
  if (encoding.empty()) {
    if (value.size() > toml::kMaxDocument) return trouble(too_long());
    return {.text = std::string(value), .trouble = {}};
  }
  if (!is_gzip && encoding != "base64" && encoding != "b64")
    return trouble("its encoding is \"" + std::string(encoding.substr(0, kShownEncoding)) +
                   "\": expected base64 or gzip+base64");
  auto bytes = decode_base64(without_space(value));
  if (!bytes) return trouble("not base64");
  if (!is_gzip) {
    if (bytes->size() > toml::kMaxDocument) return trouble(too_long());
    return {.text = std::move(*bytes), .trouble = {}};
  }
  auto text = gzip::unpack(as_bytes(*bytes), toml::kMaxDocument);
  if (text) return {.text = std::move(*text), .trouble = {}};
  return trouble(text.error().code == Code::OutOfRange ? too_long() : text.error().what);
}

}  // namespace ck::config
