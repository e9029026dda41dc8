// SPDX-License-Identifier: MIT
// The four PDUs of one exchange as a KMS client and its host have it (C706 12.6.4, MS-RPCE 2.2.2), as bytes: bind of
// one interface, bind_ack, a request with one fragment, its response. Stubs are random; nothing here knows what they
// could mean. Little-endian only. Written anew beside src/wire, so that a mistake there does not meet itself here.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/random.h"

namespace ck::load {

inline constexpr size_t kHeader = 16;
inline constexpr size_t kBindSize = 72;
inline constexpr size_t kBindAckSize = 60;
inline constexpr size_t kCallHeader = 24;  // of a request and of a response
inline constexpr size_t kStub = 250;
inline constexpr size_t kLargest = 512;  // more than any PDU here

inline constexpr uint8_t kRequest = 0, kResponse = 2, kBind = 11, kBindAck = 12;  // C706 12.6.4.1

// Where a byte stream stands: a PDU that is not whole yet, whole, or nothing that this program sends.
enum class Framing : uint8_t { Partial, Whole, Wrong };

struct Pdu {
  uint8_t type = 0;
  uint16_t length = 0;
  uint32_t call_id = 0;
};

Framing frame(Bytes bytes, Pdu& pdu);

// Each fills `buffer` and returns what belongs to it.
Bytes write_bind(MutableBytes buffer, uint32_t call_id);
Bytes write_bind_ack(MutableBytes buffer, uint32_t call_id, uint32_t group);
Bytes write_call(MutableBytes buffer, uint8_t type, uint32_t call_id, size_t stub, RandomSource& random);

}  // namespace ck::load
