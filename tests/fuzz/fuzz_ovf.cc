// SPDX-License-Identifier: MIT
// Any bytes as an OVF environment: a value is never longer than what it was read from.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "wire/ovf/environment.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto value = ck::ovf::find_property(text, "k");
  if (value && *value && (*value)->size() > size) __builtin_trap();
  return 0;
}
