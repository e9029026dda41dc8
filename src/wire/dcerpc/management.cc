// SPDX-License-Identifier: MIT
#include "wire/dcerpc/management.h"

#include <utility>

namespace ck::dcerpc {

namespace {

constexpr size_t kStubAt = 24;  // of a response

ByteWriter begin(PduType type, uint16_t size, uint32_t call_id, MutableBytes buffer) {
  ByteWriter out(buffer, ByteOrder::Little);
  out.u8(5).u8(0).u8(static_cast<uint8_t>(type)).u8(kFirstFragment | kLastFragment).u8(0x10).zeros(3);
  out.u16(size).u16(0).u32(call_id);
  return out;
}

std::optional<ByteReader> stub_of(const Header& header, Bytes pdu) {
  if (header.type != PduType::Response || pdu.size() < header.fragment_length || header.fragment_length < kStubAt)
    return std::nullopt;
  return ByteReader(pdu.first(header.fragment_length).subspan(kStubAt), header.order);
}

}  // namespace

Bytes write_bind(const SyntaxId& interface, uint32_t call_id, MutableBytes buffer) {
  ByteWriter out = begin(PduType::Bind, kBindSize, call_id, buffer);
  out.u16(kMaxFragment).u16(kMaxFragment).u32(0).u8(1).zeros(3).u16(0).u8(1).u8(0);
  write_syntax(interface, ByteOrder::Little, out);
  write_syntax(kNdr, ByteOrder::Little, out);
  return out.ok() ? out.written() : Bytes();
}

Bytes write_empty_request(uint16_t opnum, uint32_t call_id, MutableBytes buffer) {
  ByteWriter out = begin(PduType::Request, kEmptyRequestSize, call_id, buffer);
  out.u32(0).u16(0).u16(opnum);
  return out.ok() ? out.written() : Bytes();
}

// error_status_t, then the boolean32 that the call returns.
std::optional<bool> read_is_listening(const Header& header, Bytes pdu) {
  auto stub = stub_of(header, pdu);
  if (!stub) return std::nullopt;
  auto status = stub->u32();
  auto listening = stub->u32();
  if (!status || !listening || *status != 0) return std::nullopt;
  return *listening != 0;
}

// A pointer to { count, that many pointers to interface ids }, then the ids themselves, then error_status_t
// (C706 14.3).
std::optional<bool> read_serves(const Header& header, Bytes pdu, const SyntaxId& interface) {
  auto stub = stub_of(header, pdu);
  if (!stub) return std::nullopt;
  auto vector = stub->u32();
  if (!vector) return std::nullopt;
  bool found = false;
  if (*vector != 0) {
    auto room = stub->u32();
    auto count = stub->u32();
    if (!room || !count || *room < *count || *count > stub->remaining() / 4) return std::nullopt;
    uint32_t present = 0;
    for (uint32_t i = 0; i < *count; ++i) {
      auto pointer = stub->u32();
      if (!pointer) return std::nullopt;
      if (*pointer != 0) ++present;
    }
    // An interface id has its version as two 16-bit numbers; read_syntax() takes one of 32 bits, and in big endian the
    // halves change places.
    for (uint32_t i = 0; i < present; ++i) {
      auto id = read_syntax(*stub, header.order);
      if (!id) return std::nullopt;
      SyntaxId served = *id;
      if (header.order == ByteOrder::Big) std::swap(served.major, served.minor);
      found = found || served == interface;
    }
  }
  auto status = stub->u32();
  if (!status || *status != 0) return std::nullopt;
  return found;
}

}  // namespace ck::dcerpc
