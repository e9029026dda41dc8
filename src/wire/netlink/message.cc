// SPDX-License-Identifier: MIT
#include "wire/netlink/message.h"

#include <cstring>

#include "wire/netlink/constants.h"

namespace ck::netlink {

namespace {

constexpr size_t kHeader = 16;          // struct nlmsghdr
constexpr size_t kAttributeHeader = 4;  // struct rtattr
constexpr uint16_t kTypeMask = 0x3fff;  // NLA_TYPE_MASK

constexpr size_t aligned(size_t length) { return (length + 3) & ~size_t{3}; }

// The padding after the last part may be missing.
void skip_padding(ByteReader& reader, size_t length) {
  size_t padding = aligned(length) - length;
  (void)reader.skip(padding < reader.remaining() ? padding : reader.remaining());
}

}  // namespace

std::optional<Message> MessageReader::next() {
  if (reader_.empty() || malformed_) return std::nullopt;
  auto length = reader_.u32();
  auto type = reader_.u16();
  auto flags = reader_.u16();
  auto sequence = reader_.u32();
  auto port = reader_.u32();
  auto body = length && *length >= kHeader ? reader_.take(*length - kHeader) : std::nullopt;
  if (!type || !flags || !sequence || !port || !body) {
    malformed_ = true;
    return std::nullopt;
  }
  skip_padding(reader_, *length);
  return Message{.type = *type, .flags = *flags, .sequence = *sequence, .port = *port, .body = *body};
}

std::optional<uint8_t> Attribute::u8() const {
  if (value.size() != 1) return std::nullopt;
  return value[0];
}

std::optional<uint32_t> Attribute::u32() const {
  if (value.size() != 4) return std::nullopt;
  return ByteReader(value, kHostOrder).u32();
}

std::optional<std::string_view> Attribute::text() const {
  std::string_view text = as_text(value);
  if (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
  return text;
}

std::optional<Attribute> AttributeReader::next() {
  auto length = reader_.u16();
  auto type = reader_.u16();
  if (!length || !type || *length < kAttributeHeader) return std::nullopt;
  auto value = reader_.take(*length - kAttributeHeader);
  if (!value) return std::nullopt;
  skip_padding(reader_, *length);
  return Attribute{.type = static_cast<uint16_t>(*type & kTypeMask), .value = *value};
}

std::optional<int> error_number(const Message& message) {
  auto negative = ByteReader(message.body, kHostOrder).u32();
  if (message.type != kError || !negative) return std::nullopt;
  auto number = static_cast<int32_t>(*negative);
  if (number > 0 || number < -4095) return std::nullopt;
  return -number;
}

MessageWriter::MessageWriter(MutableBytes buffer, uint16_t type, uint16_t flags)
    : buffer_(buffer), out_(buffer, kHostOrder) {
  out_.u32(0).u16(type).u16(flags).u32(0).u32(0);
}

MessageWriter& MessageWriter::attribute(uint16_t type, Bytes value) {
  out_.zeros(aligned(out_.size()) - out_.size());
  out_.u16(static_cast<uint16_t>(kAttributeHeader + value.size())).u16(type).bytes(value);
  return *this;
}

MessageWriter& MessageWriter::attribute_u32(uint16_t type, uint32_t value) {
  uint8_t bytes[4];
  std::memcpy(bytes, &value, sizeof(bytes));
  return attribute(type, bytes);
}

MessageWriter& MessageWriter::attribute_u16(uint16_t type, uint16_t value) {
  uint8_t bytes[2];
  std::memcpy(bytes, &value, sizeof(bytes));
  return attribute(type, bytes);
}

MessageWriter& MessageWriter::attribute_u8(uint16_t type, uint8_t value) { return attribute(type, Bytes(&value, 1)); }

size_t MessageWriter::nest(uint16_t type) {
  out_.zeros(aligned(out_.size()) - out_.size());
  size_t start = out_.size();
  out_.u16(0).u16(type);
  return start;
}

void MessageWriter::close(size_t nest) {
  out_.zeros(aligned(out_.size()) - out_.size());
  out_.patch_u16(nest, static_cast<uint16_t>(out_.size() - nest));
}

MutableBytes MessageWriter::finish() {
  out_.zeros(aligned(out_.size()) - out_.size());
  if (!out_.ok() || out_.size() > UINT16_MAX) return {};
  auto length = static_cast<uint32_t>(out_.size());
  std::memcpy(buffer_.data(), &length, sizeof(length));
  return buffer_.first(out_.size());
}

void set_sequence(MutableBytes message, uint32_t sequence) {
  if (message.size() < kHeader) return;
  std::memcpy(message.data() + 8, &sequence, sizeof(sequence));
}

}  // namespace ck::netlink
