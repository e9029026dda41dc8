// SPDX-License-Identifier: MIT
#include "rpc.h"

namespace ck::load {

namespace {

using Syntax = std::array<uint8_t, 20>;  // a UUID and a version, as they travel
// 51c82175-844e-4750-b0d8-ec255555bc06, version 1.0
constexpr Syntax kInterface = {0x75, 0x21, 0xc8, 0x51, 0x4e, 0x84, 0x50, 0x47, 0xb0, 0xd8,
                               0xec, 0x25, 0x55, 0x55, 0xbc, 0x06, 1,    0,    0,    0};
// 8a885d04-1ceb-11c9-9fe8-08002b104860, version 2.0: NDR
constexpr Syntax kNdr = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8,
                         0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2,    0,    0,    0};
constexpr uint16_t kFragment = 5840;
constexpr uint8_t kFirstAndLast = 3;

ByteWriter header(MutableBytes buffer, uint8_t type, size_t length, uint32_t call_id) {
  ByteWriter out(buffer, ByteOrder::Little);
  out.u8(5).u8(0).u8(type).u8(kFirstAndLast);
  out.u8(0x10).zeros(3);  // little-endian, ASCII, IEEE
  out.u16(static_cast<uint16_t>(length)).u16(0).u32(call_id);
  return out;
}

}  // namespace

Framing frame(Bytes bytes, Pdu& pdu) {
  ByteReader reader(bytes, ByteOrder::Little);
  if (bytes.size() < kHeader) return Framing::Partial;
  auto version = reader.u8();
  (void)reader.skip(1);
  pdu.type = *reader.u8();
  (void)reader.skip(5);
  pdu.length = *reader.u16();
  (void)reader.skip(2);
  pdu.call_id = *reader.u32();
  if (version != 5 || pdu.length < kHeader || pdu.length > kLargest || bytes.size() > pdu.length) return Framing::Wrong;
  return bytes.size() == pdu.length ? Framing::Whole : Framing::Partial;
}

Bytes write_bind(MutableBytes buffer, uint32_t call_id) {
  ByteWriter out = header(buffer, kBind, kBindSize, call_id);
  out.u16(kFragment).u16(kFragment).u32(0);  // no association group
  out.u8(1).zeros(3).u16(0).u8(1).u8(0);     // one context, number 0, with one transfer syntax
  return out.bytes(kInterface).bytes(kNdr).written();
}

Bytes write_bind_ack(MutableBytes buffer, uint32_t call_id, uint32_t group) {
  ByteWriter out = header(buffer, kBindAck, kBindAckSize, call_id);
  out.u16(kFragment).u16(kFragment).u32(group);
  out.u16(5).text("1688").zeros(2);  // secondary address with its end, then padding
  out.u8(1).zeros(3).u16(0).u16(0);  // one result: accepted
  return out.bytes(kNdr).written();
}

Bytes write_call(MutableBytes buffer, uint8_t type, uint32_t call_id, size_t stub, RandomSource& random) {
  ByteWriter out = header(buffer, type, kCallHeader + stub, call_id);
  out.u32(static_cast<uint32_t>(stub))
      .u16(0)
      .u16(0);  // context and operation; of a response: context, nothing cancelled
  for (; stub >= 8; stub -= 8) out.u64(random.next());
  for (; stub > 0; --stub) out.u8(static_cast<uint8_t>(random.next()));
  return out.written();
}

}  // namespace ck::load
