// SPDX-License-Identifier: MIT
#include "wire/dcerpc/syntax.h"

#include <algorithm>

#include "base/text.h"

namespace ck::dcerpc {

namespace {

constexpr std::array<uint8_t, 4> kDashes{4, 6, 8, 10};  // before these octets
constexpr std::array<uint8_t, 8> kFeaturesPrefix{0x6c, 0xb7, 0x1c, 0x2c, 0x98, 0x12, 0x45, 0x40};

bool has_dash_before(size_t octet) { return std::find(kDashes.begin(), kDashes.end(), octet) != kDashes.end(); }

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  Uuid uuid;
  size_t at = 0;
  if (text.size() != 36) return std::nullopt;
  for (size_t i = 0; i < uuid.octets.size(); ++i) {
    if (has_dash_before(i) && text[at++] != '-') return std::nullopt;
    auto high = hex_digit(text[at]);
    auto low = hex_digit(text[at + 1]);
    if (!high || !low) return std::nullopt;
    uuid.octets[i] = static_cast<uint8_t>(*high << 4 | *low);
    at += 2;
  }
  return uuid;
}

SyntaxText to_text(const SyntaxId& syntax) {
  char buffer[SyntaxText::capacity()];
  TextWriter out(buffer);
  for (size_t i = 0; i < syntax.uuid.octets.size(); ++i) {
    if (has_dash_before(i)) out.put('-');
    out.hex(syntax.uuid.octets[i], 2);
  }
  out.put(" v").number(syntax.major).put('.').number(syntax.minor);
  return SyntaxText(out.view());
}

std::optional<SyntaxId> read_syntax(ByteReader& reader, ByteOrder order) {
  auto bytes = reader.take(kSyntaxIdSize);
  if (!bytes) return std::nullopt;
  ByteReader fields(*bytes, order);
  SyntaxId syntax;
  // Three integers of the PDU's byte order, then eight octets.
  ByteWriter text_order(syntax.uuid.octets, ByteOrder::Big);
  text_order.u32(*fields.u32());
  text_order.u16(*fields.u16());
  text_order.u16(*fields.u16());
  text_order.bytes(*fields.take(8));
  uint32_t version = *fields.u32();
  syntax.major = static_cast<uint16_t>(version);
  syntax.minor = static_cast<uint16_t>(version >> 16);
  return syntax;
}

void write_syntax(const SyntaxId& syntax, ByteOrder order, ByteWriter& out) {
  std::array<uint8_t, kSyntaxIdSize> bytes;
  ByteWriter fields(bytes, order);
  ByteReader text_order(syntax.uuid.octets, ByteOrder::Big);
  fields.u32(*text_order.u32());
  fields.u16(*text_order.u16());
  fields.u16(*text_order.u16());
  fields.bytes(*text_order.take(8));
  fields.u32(static_cast<uint32_t>(syntax.major) | static_cast<uint32_t>(syntax.minor) << 16);
  out.bytes(bytes);
}

TransferKind kind_of(const SyntaxId& transfer) {
  if (transfer == kNdr) return TransferKind::Ndr;
  if (transfer == kNdr64) return TransferKind::Ndr64;
  bool features = std::equal(kFeaturesPrefix.begin(), kFeaturesPrefix.end(), transfer.uuid.octets.begin());
  if (features && transfer.major == 1 && transfer.minor == 0) return TransferKind::Features;
  return TransferKind::Unknown;
}

std::string_view name_of(TransferKind kind) {
  switch (kind) {
    case TransferKind::Ndr: return "NDR";
    case TransferKind::Ndr64: return "NDR64";
    case TransferKind::Features: return "features";
    case TransferKind::Unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace ck::dcerpc
