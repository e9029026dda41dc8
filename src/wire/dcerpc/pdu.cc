// SPDX-License-Identifier: MIT
#include "wire/dcerpc/pdu.h"

#include <array>
#include <optional>

namespace ck::dcerpc {

namespace {

enum class Sender : uint8_t { Client, Server };

struct TypeRule {
  PduType type;
  Sender sender;
  uint16_t least;  // bytes up to the end of the fixed part of the body
  const char* name;
};

constexpr TypeRule kTypes[] = {
    {PduType::Request, Sender::Client, 24, "request"},
    {PduType::Response, Sender::Server, 24, "response"},
    {PduType::Fault, Sender::Server, 32, "fault"},
    {PduType::Bind, Sender::Client, 28, "bind"},
    {PduType::BindAck, Sender::Server, 28, "bind_ack"},
    {PduType::BindNak, Sender::Server, 18, "bind_nak"},
    {PduType::AlterContext, Sender::Client, 28, "alter_context"},
    {PduType::AlterContextResponse, Sender::Server, 28, "alter_context_resp"},
    {PduType::Auth3, Sender::Client, 20, "auth3"},
    {PduType::Shutdown, Sender::Server, 16, "shutdown"},
    {PduType::Cancel, Sender::Client, 16, "co_cancel"},
    {PduType::Orphaned, Sender::Client, 16, "orphaned"},
};

const TypeRule* find(uint8_t value) {
  for (const TypeRule& rule : kTypes)
    if (static_cast<uint8_t>(rule.type) == value) return &rule;
  return nullptr;
}

// C706 14.1: integer and character representation, then floating point, then two reserved bytes.
std::optional<ByteOrder> byte_order(const std::array<uint8_t, 4>& representation) {
  uint8_t integers = representation[0] >> 4;
  uint8_t characters = representation[0] & 0x0f;
  if (integers > 1 || characters > 1 || representation[1] > 3) return std::nullopt;
  if (representation[2] != 0 || representation[3] != 0) return std::nullopt;
  return integers == 1 ? ByteOrder::Little : ByteOrder::Big;
}

constexpr uint16_t kObjectUuidSize = 16;

}  // namespace

std::string_view name_of(PduType type) {
  const TypeRule* rule = find(static_cast<uint8_t>(type));
  return rule != nullptr ? rule->name : "unknown";
}

uint16_t least_size(PduType type, uint8_t flags) {
  const TypeRule* rule = find(static_cast<uint8_t>(type));
  uint16_t least = rule != nullptr ? rule->least : static_cast<uint16_t>(kHeaderSize);
  if (type == PduType::Request && (flags & kObjectUuid) != 0) least = static_cast<uint16_t>(least + kObjectUuidSize);
  return least;
}

std::expected<Header, Drop> parse_header(Bytes bytes, Direction direction) {
  ByteReader reader(bytes);
  auto major = reader.u8();
  auto minor = reader.u8();
  auto type = reader.u8();
  auto flags = reader.u8();
  auto representation = reader.array<4>();
  if (!major || !minor || !type || !flags || !representation || reader.remaining() < 8)
    return std::unexpected(Drop::Truncated);

  if (*major != 5 || *minor > 1) return std::unexpected(Drop::Version);
  const TypeRule* rule = find(*type);
  if (rule == nullptr) return std::unexpected(Drop::UnknownType);
  if ((rule->sender == Sender::Client) != (direction == Direction::FromClient))
    return std::unexpected(Drop::WrongDirection);
  auto order = byte_order(*representation);
  if (!order) return std::unexpected(Drop::DataRepresentation);

  reader.set_order(*order);
  Header header{.minor_version = *minor, .type = rule->type, .flags = *flags, .order = *order};
  header.fragment_length = *reader.u16();
  uint16_t auth_length = *reader.u16();
  header.call_id = *reader.u32();
  if (header.fragment_length < least_size(header.type, header.flags)) return std::unexpected(Drop::TooShort);
  if (header.fragment_length > kMaxFragment) return std::unexpected(Drop::TooLong);
  if (auth_length != 0 || header.type == PduType::Auth3) return std::unexpected(Drop::Authenticated);
  if ((header.flags & kReservedFlag) != 0) return std::unexpected(Drop::ReservedFlag);
  return header;
}

std::optional<Addressee> addressee_of(Bytes bytes) {
  if (bytes.size() < kHeaderSize) return std::nullopt;
  ByteReader reader(bytes);
  if (!reader.skip(4)) return std::nullopt;
  auto order = byte_order(*reader.array<4>());
  if (!order || !reader.skip(4)) return std::nullopt;
  reader.set_order(*order);
  return Addressee{.order = *order, .call_id = *reader.u32()};
}

}  // namespace ck::dcerpc
