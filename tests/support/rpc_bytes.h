// SPDX-License-Identifier: MIT
// PDUs as bytes, for tests of the relay: a right header in front of bytes that tell themselves apart.
#pragma once

#include <vector>

#include "wire/dcerpc/pdu.h"

namespace ck::test {

inline std::vector<uint8_t> pdu(dcerpc::PduType type, uint16_t length, uint32_t call_id,
                                ByteOrder order = ByteOrder::Little, uint8_t flags = 3) {
  std::vector<uint8_t> bytes(length);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7 + call_id);
  ByteWriter out(bytes, order);
  out.u8(5).u8(0).u8(static_cast<uint8_t>(type)).u8(flags);
  out.u8(order == ByteOrder::Little ? 0x10 : 0).zeros(3).u16(length).u16(0).u32(call_id);
  return bytes;
}

inline void append(std::vector<uint8_t>& all, const std::vector<uint8_t>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace ck::test
