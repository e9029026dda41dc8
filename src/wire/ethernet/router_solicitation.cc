// SPDX-License-Identifier: MIT
#include "wire/ethernet/router_solicitation.h"

#include "wire/ethernet/udp4.h"

namespace ck::ethernet {

Result<Bytes> write_router_solicitation(MutableBytes buffer) {
  constexpr uint8_t kIcmpv6 = 58;
  constexpr uint8_t kRouterSolicitation = 133;
  constexpr uint16_t kIcmpLength = 8;
  ByteWriter out(buffer);
  out.u32(0x60000000).u16(kIcmpLength).u8(kIcmpv6).u8(255);  // hop limit 255: RFC 4861 6.1.1
  out.zeros(16);                                             // from ::
  out.u16(0xff02).zeros(13).u8(2);                           // to ff02::2
  out.u8(kRouterSolicitation).u8(0).u16(0).u32(0);
  if (!out.ok()) return fail(Code::OutOfRange, "router solicitation buffer");
  // RFC 8200 8.1: both addresses, the length and the protocol count towards the checksum.
  uint32_t sum = add_to_checksum(kIcmpLength + kIcmpv6, out.written().subspan(8));
  out.patch_u16(40 + 2, finish_checksum(sum));
  return out.written();
}

}  // namespace ck::ethernet
