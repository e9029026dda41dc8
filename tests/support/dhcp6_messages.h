// SPDX-License-Identifier: MIT
// The server's side of DHCPv6 messages, for tests only: writes messages, option by option and so also wrong ones, and
// reads queries. Written apart from the product's codec, so that both check each other.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/addresses.h"
#include "support/dhcp4_messages.h"

namespace ck::test {

inline void append_u16(ByteVector& out, uint32_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
inline void append(ByteVector& out, const ByteVector& more) { out.insert(out.end(), more.begin(), more.end()); }
inline void append(ByteVector& out, const Ipv6Address& address) {
  out.insert(out.end(), address.octets.begin(), address.octets.end());
}

// Options one after the other: a message's, or those inside another one.
class Options6 {
 public:
  Options6& option(uint16_t code, const ByteVector& value) {
    append_u16(bytes_, code);
    append_u16(bytes_, static_cast<uint32_t>(value.size()));
    append(bytes_, value);
    return *this;
  }
  Options6& option_u32(uint16_t code, uint32_t value) {
    ByteVector bytes;
    append_u32(bytes, value);
    return option(code, bytes);
  }
  Options6& option_addresses(uint16_t code, std::initializer_list<Ipv6Address> addresses) {
    ByteVector bytes;
    for (const Ipv6Address& address : addresses) append(bytes, address);
    return option(code, bytes);
  }
  // Option 13.
  Options6& status(uint16_t code, std::string_view text = "") {
    ByteVector bytes;
    append_u16(bytes, code);
    bytes.insert(bytes.end(), text.begin(), text.end());
    return option(13, bytes);
  }
  // Option 5.
  Options6& address(const Ipv6Address& address, uint32_t preferred, uint32_t valid, const Options6* inner = nullptr) {
    ByteVector bytes;
    append(bytes, address);
    append_u32(bytes, preferred);
    append_u32(bytes, valid);
    if (inner != nullptr) append(bytes, inner->bytes_);
    return option(5, bytes);
  }
  // Option 3.
  Options6& association(uint32_t iaid, uint32_t t1, uint32_t t2, const Options6& inner) {
    ByteVector bytes;
    append_u32(bytes, iaid);
    append_u32(bytes, t1);
    append_u32(bytes, t2);
    append(bytes, inner.bytes_);
    return option(3, bytes);
  }
  // Option 11, the reconfigure key protocol: kind 1 is a key, 2 a digest.
  Options6& authentication(uint64_t counter, uint8_t kind, const ByteVector& value) {
    ByteVector bytes = {3, 1, 0};
    append_u32(bytes, static_cast<uint32_t>(counter >> 32));
    append_u32(bytes, static_cast<uint32_t>(counter));
    bytes.push_back(kind);
    append(bytes, value);
    return option(11, bytes);
  }
  Options6& raw(const ByteVector& bytes) {
    append(bytes_, bytes);
    return *this;
  }
  const ByteVector& bytes() const { return bytes_; }

 private:
  ByteVector bytes_;
};

inline ByteVector message6(uint8_t type, uint32_t transaction, const Options6& options) {
  ByteVector out;
  append_u32(out, static_cast<uint32_t>(type) << 24 | transaction);
  append(out, options.bytes());
  return out;
}

// What a server sees of a client's message.
struct Query6View {
  uint8_t type = 0;
  uint32_t transaction = 0;
  std::map<uint16_t, ByteVector> options;
  uint32_t iaid = 0;
  std::vector<Ipv6Address> addresses;
  bool has(uint16_t code) const { return options.contains(code); }
  bool requests(uint16_t code) const {
    auto found = options.find(6);
    if (found == options.end()) return false;
    for (size_t i = 0; i + 1 < found->second.size(); i += 2)
      if ((found->second[i] << 8 | found->second[i + 1]) == code) return true;
    return false;
  }
};

// Options as a map; nothing when they do not end where the bytes end, or one stands twice.
inline std::optional<std::map<uint16_t, ByteVector>> read_options6(Bytes bytes) {
  std::map<uint16_t, ByteVector> options;
  size_t at = 0;
  while (at < bytes.size()) {
    if (bytes.size() - at < 4) return std::nullopt;
    auto code = static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
    size_t length = static_cast<size_t>(bytes[at + 2] << 8 | bytes[at + 3]);
    at += 4;
    if (bytes.size() - at < length || options.contains(code)) return std::nullopt;
    Bytes value = bytes.subspan(at, length);
    options[code] = ByteVector(value.begin(), value.end());
    at += length;
  }
  return options;
}

inline std::optional<Query6View> read_query6(Bytes message) {
  if (message.size() < 4) return std::nullopt;
  Query6View view;
  view.type = message[0];
  view.transaction = static_cast<uint32_t>(message[1] << 16 | message[2] << 8 | message[3]);
  auto options = read_options6(message.subspan(4));
  if (!options) return std::nullopt;
  view.options = *options;
  auto association = view.options.find(3);
  if (association == view.options.end()) return view;
  Bytes value = association->second;
  if (value.size() < 12) return std::nullopt;
  view.iaid = *ByteReader(value).u32();
  for (size_t at = 12; at < value.size(); at += 28) {
    if (value.size() - at < 28 || value[at + 1] != 5 || value[at + 3] != 24) return std::nullopt;
    Ipv6Address address;
    for (size_t i = 0; i < 16; ++i) address.octets[i] = value[at + 4 + i];
    view.addresses.push_back(address);
  }
  return view;
}

inline Ipv6Address ip6(std::string_view text) { return parse_ipv6(text).value_or(Ipv6Address{}); }

}  // namespace ck::test
