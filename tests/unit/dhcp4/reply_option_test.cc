// SPDX-License-Identifier: MIT
// Each option of a server's message with each length, and the classes of what may be wrong with one.
#include <gtest/gtest.h>

#include <functional>

#include "support/dhcp4_messages.h"
#include "wire/dhcp4/reply.h"

namespace ck::dhcp4 {
namespace {

using test::ByteVector;
using test::ReplyBytes;

constexpr MacAddress kMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

ReplyBytes offer() { return ReplyBytes(2, 1, kMac, Ipv4Address{0xc000026b}); }

Reply parsed(const ReplyBytes& bytes) {
  auto reply = parse_reply(bytes.bytes());
  EXPECT_TRUE(reply.has_value());
  return reply.value_or(Reply{});
}

void expect_only(const OptionFaults& faults, OptionFault fault, uint32_t count = 1) {
  EXPECT_EQ(faults.count(fault), count) << name_of(fault);
  EXPECT_EQ(faults.total(), count);
}

struct Option {
  uint8_t code;
  std::function<bool(size_t)> right;          // is this a length that the option can have
  std::function<bool(const Reply&)> present;  // was it taken
};

bool is_four(size_t length) { return length == 4; }
bool is_list(size_t length) { return length > 0 && length % 4 == 0; }

const std::vector<Option>& options() {
  static const std::vector<Option> all = {
      {1, is_four, [](const Reply& reply) { return reply.prefix_length.has_value(); }},
      {3, is_list, [](const Reply& reply) { return !reply.routers.empty(); }},
      {6, is_list, [](const Reply& reply) { return !reply.dns.empty(); }},
      {7, is_list, [](const Reply& reply) { return !reply.log_servers.empty(); }},
      {26, [](size_t length) { return length == 2; }, [](const Reply& reply) { return reply.mtu.has_value(); }},
      {42, is_list, [](const Reply& reply) { return !reply.ntp.empty(); }},
      {51, is_four, [](const Reply& reply) { return reply.lease_seconds.has_value(); }},
      {54, is_four, [](const Reply& reply) { return reply.server.has_value(); }},
      {56, [](size_t length) { return length > 0; }, [](const Reply& reply) { return !reply.message.empty(); }},
      {58, is_four, [](const Reply& reply) { return reply.renewal_seconds.has_value(); }},
      {59, is_four, [](const Reply& reply) { return reply.rebinding_seconds.has_value(); }},
      {61, [](size_t length) { return length >= 2; }, [](const Reply& reply) { return reply.client_id.has_value(); }},
      {80, [](size_t length) { return length == 0; },
       [](const Reply& reply) { return reply.rapid_commit == RapidCommit::Yes; }},
      {108, is_four, [](const Reply& reply) { return reply.ipv6_only_seconds.has_value(); }},
  };
  return all;
}

TEST(Dhcp4ReplyOption, EveryLengthOfEveryOption) {
  for (const Option& option : options()) {
    for (size_t length = 0; length <= 255; ++length) {
      // 255.255.255.x is a mask; as an address of a list 0xc0c0c0c0 is fine.
      ByteVector value(length, option.code == 1 ? 0xff : 0xc0);
      ReplyBytes bytes = offer();
      bytes.option(option.code, value).option_text(15, "kept.example");
      Reply reply = parsed(bytes);
      bool right = option.right(length);
      EXPECT_EQ(option.present(reply), right) << int{option.code} << " length " << length;
      if (!right) expect_only(reply.faults, OptionFault::WrongLength);
      if (right) EXPECT_EQ(reply.faults.total(), 0u) << int{option.code} << " length " << length;
      EXPECT_EQ(reply.domain, "kept.example");
    }
  }
}

// Names and routes are judged by more than their length: whatever it is, the rest stands.
TEST(Dhcp4ReplyOption, EveryLengthOfNamesRoutesAndUnknownOptions) {
  for (uint8_t code : ByteVector{15, 119, 121, 249, 12, 43, 52, 60, 82, 200, 254}) {
    for (uint8_t fill : ByteVector{0x00, 0x01, 0x3f, 0x61, 0xc0, 0xff}) {
      for (size_t length = 0; length <= 255; ++length) {
        ReplyBytes bytes = offer();
        bytes.option(code, ByteVector(length, fill)).option_u32(51, 3600);
        Reply reply = parsed(bytes);
        EXPECT_EQ(reply.lease_seconds, 3600u) << int{code} << " length " << length;
      }
    }
  }
}

TEST(Dhcp4ReplyOption, FaultsAreToldApart) {
  expect_only(parsed(offer().option(51, {1, 2, 3})).faults, OptionFault::WrongLength);
  expect_only(parsed(offer().option_u32(1, 0xff00ff00)).faults, OptionFault::BadValue);
  expect_only(parsed(offer().option_u32(1, 0)).faults, OptionFault::BadValue);
  expect_only(parsed(offer().option_addresses(6, {{0xc0000201}, {0xe0000001}})).faults, OptionFault::BadValue);
  expect_only(parsed(offer().option(26, {0, 67})).faults, OptionFault::BadValue);
  expect_only(parsed(offer().option(52, {4})).faults, OptionFault::BadValue);
  expect_only(parsed(offer().option(52, {1, 1})).faults, OptionFault::WrongLength);
  expect_only(parsed(offer().raw({6, 200, 1, 2}).without_end()).faults, OptionFault::Truncated);
  expect_only(parsed(offer().option_u32(51, 1).option_u32(51, 2).option_u32(51, 3)).faults, OptionFault::Repeated, 2);
  ReplyBytes endless = offer();
  for (int i = 0; i < 5; ++i) endless.option(6, ByteVector(252, 0xc0));
  expect_only(parsed(endless).faults, OptionFault::TooLong);
  EXPECT_TRUE(parsed(endless).dns.empty());
}

// A list of which one address is bad is left out whole, not cut.
TEST(Dhcp4ReplyOption, ListWithABadAddressIsLeftOut) {
  EXPECT_TRUE(parsed(offer().option_addresses(6, {{0xc0000201}, {0}})).dns.empty());
}

TEST(Dhcp4ReplyOption, Mtu) {
  EXPECT_EQ(parsed(offer().option(26, {0, 68})).mtu, 68);
  EXPECT_EQ(parsed(offer().option(26, {0x23, 0x28})).mtu, 9000);
  EXPECT_FALSE(parsed(offer().option(26, {0, 67})).mtu.has_value());
}

TEST(Dhcp4ReplyOption, MicrosoftRoutesCountWhereTheStandardOnesSayNothing) {
  const ByteVector standard = {24, 198, 51, 100, 192, 0, 2, 1};
  const ByteVector microsoft = {24, 203, 0, 113, 192, 0, 2, 2};
  Reply alone = parsed(offer().option(249, microsoft));
  ASSERT_TRUE(alone.classless_routes.has_value());
  EXPECT_EQ((*alone.classless_routes)[0], (ClasslessRoute{{0xcb007100}, 24, {0xc0000202}}));
  Reply both = parsed(offer().option(249, microsoft).option(121, standard));
  ASSERT_EQ(both.classless_routes->size(), 1u);
  EXPECT_EQ((*both.classless_routes)[0], (ClasslessRoute{{0xc6336400}, 24, {0xc0000201}}));
  Reply broken = parsed(offer().option(121, {33, 1, 2, 3, 4}).option(249, microsoft));
  EXPECT_TRUE(broken.classless_routes.has_value());
  expect_only(broken.faults, OptionFault::BadValue);
}

TEST(Dhcp4ReplyOption, ForceRenewIsLetThroughToBeCounted) {
  auto reply = parse_reply(ReplyBytes(9, 1, kMac, {}).bytes());
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->type, MessageType::ForceRenew);
}

}  // namespace
}  // namespace ck::dhcp4
