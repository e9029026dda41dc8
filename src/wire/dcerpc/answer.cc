// SPDX-License-Identifier: MIT
#include "wire/dcerpc/answer.h"

namespace ck::dcerpc {

namespace {

constexpr uint16_t kNakSize = 24;
constexpr uint16_t kFaultSize = 32;

ByteWriter begin(PduType type, uint8_t flags, uint16_t size, ByteOrder order, uint32_t call_id, MutableBytes buffer) {
  ByteWriter out(buffer, order);
  out.u8(5).u8(0).u8(static_cast<uint8_t>(type)).u8(static_cast<uint8_t>(kFirstFragment | kLastFragment | flags));
  out.u8(order == ByteOrder::Little ? 0x10 : 0).zeros(3).u16(size).u16(0).u32(call_id);
  return out;
}

}  // namespace

Bytes write_bind_nak(NakReason reason, ByteOrder order, uint32_t call_id, MutableBytes buffer) {
  ByteWriter out = begin(PduType::BindNak, 0, kNakSize, order, call_id, buffer);
  // One version is spoken, 5.0; then to a multiple of four bytes.
  out.u16(static_cast<uint16_t>(reason)).u8(1).u8(5).u8(0).zeros(3);
  return out.ok() ? out.written() : Bytes();
}

Bytes write_fault(Status status, Executed executed, ByteOrder order, uint32_t call_id, MutableBytes buffer) {
  uint8_t flags = executed == Executed::No ? kDidNotExecute : 0;
  ByteWriter out = begin(PduType::Fault, flags, kFaultSize, order, call_id, buffer);
  out.u32(kFaultSize).u16(0).zeros(2).u32(static_cast<uint32_t>(status)).zeros(4);
  return out.ok() ? out.written() : Bytes();
}

}  // namespace ck::dcerpc
