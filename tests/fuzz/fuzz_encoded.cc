// SPDX-License-Identifier: MIT
// A document in each encoding: never longer than a document may be, never text and trouble at once.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "engine/config/encoded.h"
#include "wire/toml/document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  constexpr std::string_view kEncodings[] = {"", "base64", "gzip+base64"};
  if (size == 0) return 0;
  Bytes value(data + 1, size - 1);
  config::Content decoded = config::decode(as_text(value), kEncodings[data[0] % 3]);
  if (decoded.text.size() > toml::kMaxDocument) __builtin_trap();
  if (!decoded.text.empty() && !decoded.trouble.empty()) __builtin_trap();
  return 0;
}
