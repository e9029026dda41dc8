// SPDX-License-Identifier: MIT
// DNS messages as a stub resolver needs them: one question is written, the response to exactly that question is read,
// down to the letter case that its name was sent with (draft-vixie-dnsext-dns0x20).
// RFC 1035 4.1 (form, compression), RFC 2782 (SRV), RFC 3596 (AAAA), RFC 6891 (EDNS, only to announce the buffer size),
// RFC 2181 8 (TTL), RFC 2308 (how long there is no such record). Records of other types and classes are passed over,
// and so is the authority section but for its SOA. Names are lower-cased text without the last dot, made of letters,
// digits, '-' and '_' only; the root is the empty text. A message that breaks any rule is dropped whole, with the
// reason.
#pragma once

#include <optional>
#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"
#include "base/result.h"

namespace ck::dns {

inline constexpr uint16_t kPort = 53;
inline constexpr size_t kMaxName = 253;      // characters of text; 255 bytes on the wire
inline constexpr size_t kMaxQuery = 300;     // header, one name, EDNS record
inline constexpr size_t kMaxMessage = 1232;  // what is announced by EDNS: fits any IPv6 path unfragmented

using Name = FixedString<kMaxName>;

// Checks text from a person or another program; one dot at the end is allowed. Nothing when it is no host or service
// name.
std::optional<Name> parse_name(std::string_view text);

enum class Type : uint16_t { A = 1, Cname = 5, Aaaa = 28, Srv = 33 };
std::string_view name_of(Type type);

struct Question {
  uint16_t id = 0;
  Name name;
  Type type = Type::A;
  // Which letters of the name are sent as capitals: character i is one where bit i % 64 is set, and the response must
  // repeat them so. Zero: none is, and the response may be spelled as it likes.
  uint64_t capitals = 0;
};

enum class Edns : uint8_t { No, Yes };

// The query's bytes within `buffer` (kMaxQuery suffices). Errors: OutOfRange, Malformed (the name).
Result<Bytes> build_query(const Question& question, Edns edns, MutableBytes buffer);

// RCODE (RFC 1035 4.1.1)
enum class ResponseCode : uint8_t {
  Ok = 0,
  FormatError = 1,
  ServerFailure = 2,
  NoSuchName = 3,
  NotImplemented = 4,
  Refused = 5,
  Other
};
std::string_view name_of(ResponseCode code);

struct Record {
  Name owner;
  Type type = Type::A;
  bool additional = false;  // from the additional section
  uint32_t ttl = 0;         // seconds
  IpAddress address;        // A, AAAA
  Name target;              // CNAME, SRV; empty for "."
  uint16_t priority = 0;    // SRV
  uint16_t weight = 0;
  uint16_t port = 0;
};

inline constexpr size_t kMaxRecords = 64;  // more are left out

struct Response {
  ResponseCode code = ResponseCode::Ok;
  bool truncated = false;  // TC: there is more than came
  FixedVector<Record, kMaxRecords> records;
  // RFC 2308 5: for so many seconds there will be no such name or record; nothing when the response does not say.
  std::optional<uint32_t> negative_ttl;
};

enum class Drop : uint8_t {
  Truncated,     // ends within a field
  NotAResponse,  // QR or opcode
  OtherId,
  OtherQuestion,  // not one question, or not ours
  OtherCase,      // ours, but its name is not spelled as it was sent
  BadName,        // a label, a pointer or the length of a name
  BadCharacter,   // a name holds something else than letters, digits, '-' and '_'
  BadLength,      // RDLENGTH does not fit the type
};
std::string_view text_of(Drop reason);

// Fills `response`, which is large enough not to be copied about; on a Drop its content is of no use.
std::optional<Drop> parse_response(Bytes message, const Question& question, Response& response);

}  // namespace ck::dns
