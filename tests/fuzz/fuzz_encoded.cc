// SPDX-License-Identifier: MIT
// A document in each encoding: never longer than a document may be, never text and trouble at once. And in the place
// that an ISO keeps for it: a part of what was read.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "engine/config/encoded.h"
#include "engine/config/place.h"
#include "wire/toml/document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  constexpr std::string_view kEncodings[] = {"", "base64", "gzip+base64"};
  if (size == 0) return 0;
  Bytes value(data + 1, size - 1);
  config::Content decoded = config::decode(as_text(value), kEncodings[data[0] % 3]);
  if (decoded.text.size() > toml::kMaxDocument) __builtin_trap();
  if (!decoded.text.empty() && !decoded.trouble.empty()) __builtin_trap();
  std::string_view document = config::document_in_place(as_text(value));
  if (!document.empty() && as_text(value).find(document) == std::string_view::npos) __builtin_trap();
  return 0;
}
