// SPDX-License-Identifier: MIT
// The common header of a connection-oriented DCE/RPC PDU (C706 12.6.3.1, MS-RPCE 2.2.2.1): 16 bytes, whose byte order
// the header itself names. parse_header() takes exactly those bytes and yields a Header or the reason to drop the peer.
// A Header that came out is whole: version, type, data representation and both lengths are within what this gateway
// relays. Bodies are opaque; nothing is copied, rewritten or kept.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace ck::dcerpc {

inline constexpr size_t kHeaderSize = 16;
inline constexpr uint16_t kMaxFragment = 5840;  // what Windows offers and accepts at most

// Values of PTYPE (C706 12.6.4). Those of the connectionless protocol (1, 4..10) and RTS (20, RPC over HTTP) are
// absent.
enum class PduType : uint8_t {
  Request = 0,
  Response = 2,
  Fault = 3,
  Bind = 11,
  BindAck = 12,
  BindNak = 13,
  AlterContext = 14,
  AlterContextResponse = 15,
  Auth3 = 16,
  Shutdown = 17,
  Cancel = 18,
  Orphaned = 19,
};

enum class Direction : uint8_t { FromClient, FromServer };

// pfc_flags (C706 12.6.3.1)
inline constexpr uint8_t kFirstFragment = 0x01;
inline constexpr uint8_t kLastFragment = 0x02;
inline constexpr uint8_t kReservedFlag = 0x08;
inline constexpr uint8_t kConcurrent = 0x10;  // PFC_CONC_MPX: several calls at once
inline constexpr uint8_t kDidNotExecute = 0x20;
inline constexpr uint8_t kMaybe = 0x40;  // no answer is expected
inline constexpr uint8_t kObjectUuid = 0x80;

struct Header {
  uint8_t minor_version = 0;
  PduType type = PduType::Request;
  uint8_t flags = 0;
  ByteOrder order = ByteOrder::Little;
  uint16_t fragment_length = 0;  // the whole PDU, this header included
  uint32_t call_id = 0;
  friend bool operator==(const Header&, const Header&) = default;
};

enum class Drop : uint8_t {
  Truncated,           // fewer than 16 bytes were given
  Version,             // not 5.0 or 5.1
  UnknownType,         // no PTYPE of the connection-oriented protocol
  WrongDirection,      // a type that this side never sends
  DataRepresentation,  // byte order, character set or floating point out of range, or reserved bytes set
  TooShort,            // fragment_length below the least size of its type
  TooLong,             // fragment_length above kMaxFragment
  Authenticated,       // auth_length not zero, or auth3: the service is anonymous
  ReservedFlag,        // PFC_RESERVED_1
};

std::string_view name_of(PduType type);

// The least fragment_length of a type, header included.
uint16_t least_size(PduType type, uint8_t flags);

// Reads the first 16 bytes of `bytes`; more may follow.
std::expected<Header, Drop> parse_header(Bytes bytes, Direction direction);

// What a refusal of a header that parse_header() did not accept goes by; nothing when even these cannot be told.
struct Addressee {
  ByteOrder order = ByteOrder::Little;
  uint32_t call_id = 0;
};
std::optional<Addressee> addressee_of(Bytes bytes);

}  // namespace ck::dcerpc
