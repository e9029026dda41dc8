// SPDX-License-Identifier: MIT
#include "wire/hyperv/kvp_message.h"

namespace ck::hyperv {

namespace {

// Up to its first zero: the length counts one, and some hosts pad.
Result<std::string_view> text_of(Bytes place, uint32_t length) {
  if (length > place.size()) return fail(Code::Malformed, "KVP: a length beyond its place");
  std::string_view text = as_text(place.first(length));
  return text.substr(0, text.find('\0'));
}

}  // namespace

Result<Message> parse(Bytes bytes) {
  if (bytes.size() != kMessageSize) return fail(Code::Malformed, "KVP: a message of the wrong size");
  ByteReader reader(bytes, ByteOrder::Little);
  uint8_t operation = *reader.u8();
  if (operation > static_cast<uint8_t>(Operation::SetIpInfo) && operation != static_cast<uint8_t>(Operation::Register))
    return fail(Code::Unsupported, "KVP: an unknown operation");
  Message message{.operation = static_cast<Operation>(operation), .pool = *reader.u8(), .key = {}, .value = {}};
  if (message.operation != Operation::Set) return message;
  (void)reader.skip(2 + 4);  // padding, the value's type
  uint32_t key_length = *reader.u32(), value_length = *reader.u32();
  message.key = CK_TRY(text_of(*reader.take(kMaxKey), key_length));
  message.value = CK_TRY(text_of(*reader.take(kMaxValue), value_length));
  if (message.key.empty()) return fail(Code::Malformed, "KVP: no key");
  return message;
}

void write_registration(MessageBuffer& out) {
  out.fill(0);
  out[0] = static_cast<uint8_t>(Operation::Register);
}

void write_answer(Status status, MessageBuffer& out) {
  out.fill(0);
  ByteWriter(out, ByteOrder::Little).u32(static_cast<uint32_t>(status));
}

}  // namespace ck::hyperv
