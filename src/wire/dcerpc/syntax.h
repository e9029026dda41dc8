// SPDX-License-Identifier: MIT
// Names of interfaces and transfer syntaxes: a UUID and a version (C706 12.6.3.1 p_syntax_id_t, MS-RPCE 2.2.2.7). A
// Uuid holds its octets in the order of its text, whatever the byte order of the PDU that it came in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed.h"

namespace ck::dcerpc {

struct Uuid {
  std::array<uint8_t, 16> octets{};
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

// "51c82175-844e-4750-b0d8-ec255555bc06", of either case. Nothing else.
std::optional<Uuid> parse_uuid(std::string_view text);

struct SyntaxId {
  Uuid uuid;
  uint16_t major = 0;
  uint16_t minor = 0;
  friend auto operator<=>(const SyntaxId&, const SyntaxId&) = default;
};
inline constexpr size_t kSyntaxIdSize = 20;

using SyntaxText = FixedString<48>;
SyntaxText to_text(const SyntaxId& syntax);  // "51c82175-844e-4750-b0d8-ec255555bc06 v1.0"

// Nothing when fewer than 20 bytes remain.
std::optional<SyntaxId> read_syntax(ByteReader& reader, ByteOrder order);
void write_syntax(const SyntaxId& syntax, ByteOrder order, ByteWriter& out);

// The interface of a KMS host.
inline constexpr SyntaxId kKmsInterface{
    {{0x51, 0xc8, 0x21, 0x75, 0x84, 0x4e, 0x47, 0x50, 0xb0, 0xd8, 0xec, 0x25, 0x55, 0x55, 0xbc, 0x06}}, 1, 0};
// Remote management (C706 appendix Q), which each RPC server has.
inline constexpr SyntaxId kManagement{
    {{0xaf, 0xa8, 0xbd, 0x80, 0x7d, 0x8a, 0x11, 0xc9, 0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}}, 1, 0};
// Transfer syntaxes (C706 chapter 14, MS-RPCE 2.2.5).
inline constexpr SyntaxId kNdr{
    {{0x8a, 0x88, 0x5d, 0x04, 0x1c, 0xeb, 0x11, 0xc9, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}}, 2, 0};
inline constexpr SyntaxId kNdr64{
    {{0x71, 0x71, 0x05, 0x33, 0xbe, 0xba, 0x49, 0x37, 0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36}}, 1, 0};

enum class TransferKind : uint8_t {
  Ndr,
  Ndr64,
  Features,  // bind-time feature negotiation: no syntax, its last eight octets are a bit mask (MS-RPCE 2.2.2.14)
  Unknown,
};
TransferKind kind_of(const SyntaxId& transfer);
std::string_view name_of(TransferKind kind);

}  // namespace ck::dcerpc
