// SPDX-License-Identifier: MIT
#include "wire/dhcp4/query.h"

#include <gtest/gtest.h>

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

TEST(Dhcp4Query, TooSmallABufferIsAnError) {
  for (size_t size : {0u, 10u, 239u, 299u}) {
    std::vector<uint8_t> buffer(size);
    EXPECT_FALSE(write_query({.hardware = kMac}, buffer).has_value()) << size;
  }
}

}  // namespace
}  // namespace ck::dhcp4
