// SPDX-License-Identifier: MIT
// Messages of a Hyper-V host, as the kernel hands them on.
#pragma once

#include <string_view>

#include "wire/hyperv/kvp_message.h"

namespace ck::hyperv {

inline MessageBuffer host_sets(std::string_view key, std::string_view value, uint8_t pool = kPoolExternal) {
  MessageBuffer out{};
  ByteWriter writer(out, ByteOrder::Little);
  writer.u8(1).u8(pool).u16(0).u32(1);  // KVP_OP_SET, REG_SZ
  writer.u32(static_cast<uint32_t>(key.size()) + 1).u32(static_cast<uint32_t>(value.size()) + 1);
  writer.text(key).zeros(kMaxKey - key.size()).text(value);
  return out;
}

inline MessageBuffer host_asks(Operation operation) {
  MessageBuffer out{};
  out[0] = static_cast<uint8_t>(operation);
  return out;
}

}  // namespace ck::hyperv
