// SPDX-License-Identifier: MIT
// Netlink's frame, both ways: messages in a datagram, attributes in a message, all in host byte order with four-byte
// alignment. A MessageReader and an AttributeReader are views; what does not fit its bounds ends the walk and is said.
// A MessageWriter builds one message in a caller's buffer.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace ck::netlink {

inline constexpr ByteOrder kHostOrder = std::endian::native == std::endian::little ? ByteOrder::Little : ByteOrder::Big;

struct Message {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  uint32_t port = 0;
  Bytes body;
};

class MessageReader {
 public:
  explicit MessageReader(Bytes datagram) : reader_(datagram, kHostOrder) {}
  // Nothing at the end, or where a length does not hold: malformed() tells them apart.
  std::optional<Message> next();
  bool malformed() const { return malformed_; }

 private:
  ByteReader reader_;
  bool malformed_ = false;
};

struct Attribute {
  uint16_t type = 0;  // without the nesting and byte order bits
  Bytes value;
  std::optional<uint8_t> u8() const;
  std::optional<uint32_t> u32() const;
  // A C string, without its NUL; nothing when there is a NUL within or no character at all.
  std::optional<std::string_view> text() const;
};

class AttributeReader {
 public:
  explicit AttributeReader(Bytes attributes) : reader_(attributes, kHostOrder) {}
  std::optional<Attribute> next();

 private:
  ByteReader reader_;
};

// The errno of an NLMSG_ERROR message as a positive number, 0 for an acknowledgement; nothing when it is malformed.
std::optional<int> error_number(const Message& message);

class MessageWriter {
 public:
  MessageWriter(MutableBytes buffer, uint16_t type, uint16_t flags);

  ByteWriter& body() { return out_; }  // the fixed part, before any attribute
  MessageWriter& attribute(uint16_t type, Bytes value);
  MessageWriter& attribute_u32(uint16_t type, uint32_t value);
  MessageWriter& attribute_u16(uint16_t type, uint16_t value);
  MessageWriter& attribute_u8(uint16_t type, uint8_t value);
  // Attributes that follow stand inside this one until close() is given what nest() returned.
  size_t nest(uint16_t type);
  void close(size_t nest);
  // The finished message; empty when it did not fit. The sequence number is the socket's business: set_sequence().
  MutableBytes finish();

 private:
  MutableBytes buffer_;
  ByteWriter out_;
};

void set_sequence(MutableBytes message, uint32_t sequence);

}  // namespace ck::netlink
