// SPDX-License-Identifier: MIT
// An SMBIOS table, and base64 of what is found in it.
#include <cstddef>
#include <cstdint>

#include "base/base64.h"
#include "wire/smbios/oem_strings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  size_t total = 0;
  ck::smbios::each_oem_string({data, size}, [&](std::string_view text) { total += text.size() + 1; });
  if (total > size) __builtin_trap();
  auto found = ck::smbios::find_credential({data, size}, "corekms.toml");
  if (!found) return 0;
  if (auto decoded = ck::decode_base64(found->value); decoded && decoded->size() > found->value.size())
    __builtin_trap();
  return 0;
}
