// SPDX-License-Identifier: MIT
// The server's side of DHCPv4 messages, for tests only: writes replies, option by option and so also wrong ones, and
// reads queries. Written apart from the product's codec, so that both check each other.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/addresses.h"
#include "base/bytes.h"

namespace ck::test {

using ByteVector = std::vector<uint8_t>;

inline void append_u32(ByteVector& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

// A BOOTREPLY. Options go to the options field unless a field is chosen.
class ReplyBytes {
 public:
  ReplyBytes(uint8_t type, uint32_t transaction, MacAddress mac, Ipv4Address yours)
      : transaction_(transaction), mac_(mac), yours_(yours) {
    option(53, {type});
  }
  // No message type, no options at all.
  ReplyBytes(uint32_t transaction, MacAddress mac) : transaction_(transaction), mac_(mac) {}

  ReplyBytes& option(uint8_t code, const ByteVector& value) {
    put(options_, code, value);
    return *this;
  }
  ReplyBytes& option_u32(uint8_t code, uint32_t value) {
    ByteVector bytes;
    append_u32(bytes, value);
    return option(code, bytes);
  }
  ReplyBytes& option_text(uint8_t code, std::string_view text) {
    return option(code, ByteVector(text.begin(), text.end()));
  }
  ReplyBytes& option_addresses(uint8_t code, std::initializer_list<Ipv4Address> addresses) {
    ByteVector bytes;
    for (Ipv4Address address : addresses) append_u32(bytes, address.value);
    return option(code, bytes);
  }
  ReplyBytes& in_file(uint8_t code, const ByteVector& value) {
    put(file_, code, value);
    return *this;
  }
  ReplyBytes& in_server_name(uint8_t code, const ByteVector& value) {
    put(server_name_, code, value);
    return *this;
  }
  ReplyBytes& raw(std::initializer_list<uint8_t> bytes) {
    options_.insert(options_.end(), bytes);
    return *this;
  }
  ReplyBytes& without_end() {
    end_ = false;
    return *this;
  }

  ByteVector bytes() const {
    ByteVector out = {2, 1, 6, 0};
    append_u32(out, transaction_);
    append_u32(out, 0);  // secs, flags
    append_u32(out, 0);  // ciaddr
    append_u32(out, yours_.value);
    append_u32(out, 0);  // siaddr
    append_u32(out, 0);  // giaddr
    out.insert(out.end(), mac_.octets.begin(), mac_.octets.end());
    out.resize(out.size() + 10);
    fill(out, server_name_, 64);
    fill(out, file_, 128);
    append_u32(out, 0x63825363);
    out.insert(out.end(), options_.begin(), options_.end());
    if (end_) out.push_back(255);
    return out;
  }

 private:
  static void put(ByteVector& area, uint8_t code, const ByteVector& value) {
    area.push_back(code);
    area.push_back(static_cast<uint8_t>(value.size()));
    area.insert(area.end(), value.begin(), value.end());
  }
  static void fill(ByteVector& out, ByteVector area, size_t size) {
    if (!area.empty() && area.size() < size) area.push_back(255);
    area.resize(size);
    out.insert(out.end(), area.begin(), area.end());
  }

  uint32_t transaction_;
  MacAddress mac_;
  Ipv4Address yours_;
  ByteVector options_;
  ByteVector file_;
  ByteVector server_name_;
  bool end_ = true;
};

// What a server sees of a client's message.
struct QueryView {
  uint8_t type = 0;
  uint32_t transaction = 0;
  uint16_t seconds = 0;
  uint16_t flags = 0;
  Ipv4Address client;
  MacAddress mac;
  std::map<uint8_t, ByteVector> options;
  std::optional<Ipv4Address> address_option(uint8_t code) const {
    auto found = options.find(code);
    if (found == options.end() || found->second.size() != 4) return std::nullopt;
    return Ipv4Address{*ByteReader(found->second).u32()};
  }
};

inline std::optional<QueryView> read_query(Bytes message) {
  if (message.size() < 300 || message[0] != 1 || message[1] != 1 || message[2] != 6) return std::nullopt;
  auto u32 = [&](size_t at) { return *ByteReader(message.subspan(at, 4)).u32(); };
  QueryView view;
  view.transaction = u32(4);
  view.seconds = static_cast<uint16_t>(u32(8) >> 16);
  view.flags = static_cast<uint16_t>(u32(8));
  view.client.value = u32(12);
  for (size_t i = 0; i < 6; ++i) view.mac.octets[i] = message[28 + i];
  if (u32(236) != 0x63825363) return std::nullopt;
  size_t at = 240;
  while (at < message.size() && message[at] != 255) {
    if (message[at] == 0) {
      ++at;
      continue;
    }
    if (at + 2 > message.size() || at + 2 + message[at + 1] > message.size()) return std::nullopt;
    auto begin = message.begin() + static_cast<std::ptrdiff_t>(at) + 2;
    view.options[message[at]] = ByteVector(begin, begin + message[at + 1]);
    at += 2u + message[at + 1];
  }
  if (at >= message.size()) return std::nullopt;  // no end
  if (view.options[53].size() != 1) return std::nullopt;
  view.type = view.options[53][0];
  return view;
}

}  // namespace ck::test
