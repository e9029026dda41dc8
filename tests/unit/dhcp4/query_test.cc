// SPDX-License-Identifier: MIT
#include "wire/dhcp4/query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/dhcp4_messages.h"

namespace ck::dhcp4 {
namespace {

constexpr MacAddress kMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

test::QueryView written(const Query& query) {
  uint8_t buffer[kMaxMessage];
  auto bytes = write_query(query, buffer);
  EXPECT_TRUE(bytes.has_value());
  auto view = test::read_query(*bytes);
  EXPECT_TRUE(view.has_value());
  return view.value_or(test::QueryView{});
}

TEST(Dhcp4Query, Discover) {
  Query query{.type = MessageType::Discover, .transaction = 0xa1b2c3d4, .seconds = 7, .hardware = kMac};
  query.host_name = "corekms-3456";
  test::QueryView view = written(query);
  EXPECT_EQ(view.type, 1);
  EXPECT_EQ(view.transaction, 0xa1b2c3d4u);
  EXPECT_EQ(view.seconds, 7);
  EXPECT_EQ(view.flags, 0);
  EXPECT_EQ(view.mac, kMac);
  EXPECT_EQ(view.options[61], (test::ByteVector{1, 0x52, 0x54, 0, 0x12, 0x34, 0x56}));
  EXPECT_EQ(as_text(view.options[12]), "corekms-3456");
  EXPECT_FALSE(view.options.contains(50));
  EXPECT_FALSE(view.options.contains(54));
  const test::ByteVector& wanted = view.options[55];
  for (int code : {1, 3, 6, 15, 42, 51, 54, 58, 59, 119, 121})
    EXPECT_NE(std::find(wanted.begin(), wanted.end(), code), wanted.end()) << code;
  auto position = [&](uint8_t code) { return std::find(wanted.begin(), wanted.end(), code); };
  EXPECT_LT(position(121), position(3));  // RFC 3442
}

TEST(Dhcp4Query, RequestCarriesAddressAndServer) {
  Query query{.type = MessageType::Request, .hardware = kMac};
  query.requested = Ipv4Address{0xc000026b};
  query.server = Ipv4Address{0xc0000201};
  test::QueryView view = written(query);
  EXPECT_EQ(view.type, 3);
  EXPECT_EQ(view.address_option(50), query.requested);
  EXPECT_EQ(view.address_option(54), query.server);
  EXPECT_EQ(view.client, Ipv4Address{});
}

TEST(Dhcp4Query, SettingsGoOutInDiscoverAndRequestOnly) {
  Query query{.hardware = kMac,
              .host_name = FixedString<63>(std::string(63, 'h')),
              .vendor_class = FixedString<64>(std::string(64, 'v')),
              .ipv6_only = Ipv6Only::Yes,
              .rapid_commit = RapidCommit::Yes};
  while (query.client_id.push_back(0x5a)) {
  }
  for (MessageType type : {MessageType::Discover, MessageType::Request, MessageType::Decline, MessageType::Release}) {
    query.type = type;
    test::QueryView view = written(query);
    EXPECT_EQ(view.options[61], test::ByteVector(64, 0x5a));
    bool asks = type == MessageType::Discover || type == MessageType::Request;
    EXPECT_EQ(view.options.contains(12), asks);
    EXPECT_EQ(view.options.contains(60), asks);
    EXPECT_EQ(view.options.contains(80), type == MessageType::Discover);
    EXPECT_EQ(view.options.contains(55), asks);
  }
}

TEST(Dhcp4Query, ParameterListFollowsTheSettings) {
  auto asks_for = [](const Query& query, uint8_t code) {
    test::ByteVector wanted = written(query).options[55];
    return std::find(wanted.begin(), wanted.end(), code) != wanted.end();
  };
  Query query{.hardware = kMac};
  for (uint8_t code : test::ByteVector{7, 26, 121, 249}) EXPECT_TRUE(asks_for(query, code)) << int{code};
  EXPECT_FALSE(asks_for(query, 108));
  query.ask_mtu = AskMtu::No;
  query.ipv6_only = Ipv6Only::Yes;
  EXPECT_FALSE(asks_for(query, 26));
  EXPECT_TRUE(asks_for(query, 108));
}

// RFC 3396: what is longer than 255 bytes goes out in parts of the same code.
TEST(Dhcp4Query, LongOptionsAreSplit) {
  for (size_t size : {0u, 1u, 254u, 255u, 256u, 509u, 510u, 511u, 1000u}) {
    test::ByteVector value(size);
    for (size_t i = 0; i < size; ++i) value[i] = static_cast<uint8_t>(i * 7);
    uint8_t buffer[1100];
    ByteWriter out(buffer);
    write_option(out, OptionCode::VendorClass, value);
    ASSERT_TRUE(out.ok());
    ByteReader reader(out.written());
    test::ByteVector joined;
    size_t parts = 0;
    while (!reader.empty()) {
      EXPECT_EQ(reader.u8(), 60);
      auto length = reader.u8();
      ASSERT_TRUE(length.has_value());
      auto part = reader.take(*length);
      ASSERT_TRUE(part.has_value());
      joined.insert(joined.end(), part->begin(), part->end());
      ++parts;
    }
    EXPECT_EQ(joined, value);
    EXPECT_EQ(parts, size == 0 ? 1 : (size + 254) / 255);
  }
  uint8_t small[300];
  ByteWriter full(small);
  write_option(full, OptionCode::VendorClass, test::ByteVector(297, 1));
  EXPECT_FALSE(full.ok());  // 297 bytes and two headers
}

TEST(Dhcp4Query, TooSmallABufferIsAnError) {
  for (size_t size : {0u, 10u, 239u, 299u}) {
    std::vector<uint8_t> buffer(size);
    EXPECT_FALSE(write_query({.hardware = kMac}, buffer).has_value()) << size;
  }
}

}  // namespace
}  // namespace ck::dhcp4
