// SPDX-License-Identifier: MIT
#include "wire/dhcp4/reply.h"

#include <gtest/gtest.h>

#include "support/dhcp4_messages.h"

namespace ck::dhcp4 {
namespace {

using test::ByteVector;
using test::ReplyBytes;

constexpr MacAddress kMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
constexpr Ipv4Address kYours{0xc000026b};   // 192.0.2.107
constexpr Ipv4Address kServer{0xc0000201};  // 192.0.2.1
constexpr uint8_t kOffer = 2;

ReplyBytes offer() {
  ReplyBytes bytes(kOffer, 0x11223344, kMac, kYours);
  bytes.option_u32(54, kServer.value).option_u32(51, 3600);
  return bytes;
}

Reply parsed(const ReplyBytes& bytes) {
  auto reply = parse_reply(bytes.bytes());
  EXPECT_TRUE(reply.has_value());
  return reply.value_or(Reply{});
}

TEST(Dhcp4Reply, FixedFieldsAndCommonOptions) {
  ReplyBytes bytes = offer();
  bytes.option_u32(1, 0xffffff00).option_addresses(3, {kServer}).option_addresses(6, {kServer, {0xc0000202}});
  bytes.option_text(15, "example.org").option_u32(58, 1800).option_u32(59, 3150).option_addresses(42, {kServer});
  Reply reply = parsed(bytes);
  EXPECT_EQ(reply.type, MessageType::Offer);
  EXPECT_EQ(reply.transaction, 0x11223344u);
  EXPECT_EQ(reply.hardware, kMac);
  EXPECT_EQ(reply.yours, kYours);
  EXPECT_EQ(reply.server, kServer);
  EXPECT_EQ(reply.prefix_length, 24);
  ASSERT_EQ(reply.routers.size(), 1u);
  EXPECT_EQ(reply.dns.size(), 2u);
  EXPECT_EQ(reply.ntp.size(), 1u);
  EXPECT_EQ(reply.domain, "example.org");
  EXPECT_EQ(reply.lease_seconds, 3600u);
  EXPECT_EQ(reply.renewal_seconds, 1800u);
  EXPECT_EQ(reply.rebinding_seconds, 3150u);
  EXPECT_EQ(reply.faults.total(), 0u);
}

TEST(Dhcp4Reply, EveryCutOfAMessageIsSafe) {
  ReplyBytes bytes = offer();
  bytes.option_text(15, "example.org").option_addresses(6, {kServer});
  ByteVector whole = bytes.bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    ByteVector cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    auto reply = parse_reply(cut);
    if (size < 236) {
      ASSERT_FALSE(reply.has_value());
      EXPECT_EQ(reply.error(), Drop::Short) << size;
    }
  }
}

struct DropCase {
  const char* name;
  size_t at;
  uint8_t value;
  Drop drop;
};

TEST(Dhcp4Reply, BadFixedPartIsDroppedWithItsReason) {
  constexpr DropCase kCases[] = {
      {"request", 0, 1, Drop::NotReply},
      {"token ring", 1, 6, Drop::Hardware},
      {"long address", 2, 16, Drop::Hardware},
      {"cookie", 236, 0, Drop::NoCookie},
      {"type discover", 242, 1, Drop::NotFromServer},
      {"type 200", 242, 200, Drop::NotFromServer},
      {"type length", 241, 0, Drop::NoMessageType},
  };
  for (const DropCase& test : kCases) {
    ByteVector bytes = offer().bytes();
    bytes[test.at] = test.value;
    auto reply = parse_reply(bytes);
    ASSERT_FALSE(reply.has_value()) << test.name;
    EXPECT_EQ(reply.error(), test.drop) << test.name << ": " << name_of(reply.error());
  }
  EXPECT_EQ(parse_reply(ReplyBytes(1, kMac).bytes()).error(), Drop::NoMessageType);
}

// Each fixed-width option with each wrong length: left out and counted, and the rest of the message stands.
TEST(Dhcp4Reply, WrongLengthLeavesOutTheOptionOnly) {
  for (int code : {1, 3, 6, 42, 51, 54, 58, 59}) {
    for (size_t length : {0u, 1u, 3u, 5u, 7u, 255u}) {
      ReplyBytes bytes(kOffer, 1, kMac, kYours);
      bytes.option(static_cast<uint8_t>(code), ByteVector(length, 0x41)).option_text(15, "kept.example");
      Reply reply = parsed(bytes);
      EXPECT_EQ(reply.faults.total(), 1u) << code << " length " << length;
      EXPECT_EQ(reply.domain, "kept.example");
      EXPECT_FALSE(reply.prefix_length || reply.lease_seconds || reply.server || reply.renewal_seconds ||
                   reply.rebinding_seconds);
      EXPECT_TRUE(reply.routers.empty() && reply.dns.empty() && reply.ntp.empty());
    }
  }
}

TEST(Dhcp4Reply, BadValuesLeaveOutTheOption) {
  ReplyBytes bytes(kOffer, 1, kMac, kYours);
  bytes
      .option_u32(1, 0xff00ff00)  // not contiguous
      .option_u32(51, 0)          // a lease of no time
      .option_u32(54, 0)          // no server
      .option_addresses(6, {{0xffffffff}});
  EXPECT_EQ(parsed(bytes).faults.total(), 4u);
}

TEST(Dhcp4Reply, OptionPastTheEndIsCounted) {
  ReplyBytes bytes = offer();
  bytes.raw({6, 200, 1, 2, 3}).without_end();
  Reply reply = parsed(bytes);
  EXPECT_EQ(reply.faults.total(), 1u);
  EXPECT_EQ(reply.lease_seconds, 3600u);
  ReplyBytes bare = offer();
  bare.raw({6}).without_end();  // a code without a length
  EXPECT_EQ(parsed(bare).faults.total(), 1u);
}

TEST(Dhcp4Reply, PadsAndMissingEndAreFine) {
  ReplyBytes bytes(kOffer, 1, kMac, kYours);
  bytes.raw({0, 0, 0}).option_u32(51, 60).raw({0, 0}).without_end();
  Reply reply = parsed(bytes);
  EXPECT_EQ(reply.lease_seconds, 60u);
  EXPECT_EQ(reply.faults.total(), 0u);
}

TEST(Dhcp4Reply, NothingIsReadAfterEnd) {
  ReplyBytes bytes = offer();
  bytes.raw({255}).option_text(15, "after.example");
  EXPECT_TRUE(parsed(bytes).domain.empty());
}

TEST(Dhcp4Reply, RepeatedFixedOptionTheFirstCounts) {
  ReplyBytes bytes = offer();
  bytes.option_u32(51, 7);
  Reply reply = parsed(bytes);
  EXPECT_EQ(reply.lease_seconds, 3600u);
  EXPECT_EQ(reply.faults.total(), 1u);
}

// RFC 3396: the parts of an option are joined, also when a part boundary goes through a value.
TEST(Dhcp4Reply, LongOptionsAreJoined) {
  ReplyBytes bytes = offer();
  bytes.option(6, {192, 0}).option_u32(58, 60).option(6, {2, 53});
  bytes.option_text(15, "exam").option_text(15, "ple.org");
  Reply reply = parsed(bytes);
  ASSERT_EQ(reply.dns.size(), 1u);
  EXPECT_EQ(reply.dns[0], Ipv4Address{0xc0000235});
  EXPECT_EQ(reply.domain, "example.org");
  EXPECT_EQ(reply.faults.total(), 0u);
}

TEST(Dhcp4Reply, OverloadedFieldsHoldOptions) {
  ReplyBytes bytes = offer();
  bytes.option(52, {3}).in_file(6, {192, 0, 2, 53}).in_server_name(15, {'a', '.', 'b'});
  Reply reply = parsed(bytes);
  EXPECT_EQ(reply.dns.size(), 1u);
  EXPECT_EQ(reply.domain, "a.b");
  EXPECT_EQ(reply.faults.total(), 0u);
}

// RFC 3396 section 5: the order is options, file, server name.
TEST(Dhcp4Reply, JoiningGoesOverOverloadedFields) {
  ReplyBytes bytes = offer();
  bytes.option(52, {3}).option_text(15, "one.").in_file(15, {'t', 'w', 'o', '.'}).in_server_name(15, {'e', 'n', 'd'});
  EXPECT_EQ(parsed(bytes).domain, "one.two.end");
}

TEST(Dhcp4Reply, OverloadSelectsItsFieldsOnly) {
  ReplyBytes file_only = offer();
  file_only.option(52, {1}).in_file(6, {192, 0, 2, 53}).in_server_name(15, {'a', '.', 'b'});
  EXPECT_EQ(parsed(file_only).dns.size(), 1u);
  EXPECT_TRUE(parsed(file_only).domain.empty());
  ReplyBytes invalid = offer();
  invalid.option(52, {4}).in_file(6, {192, 0, 2, 53});
  EXPECT_TRUE(parsed(invalid).dns.empty());
  EXPECT_EQ(parsed(invalid).faults.total(), 1u);
  ReplyBytes none = offer();
  none.in_file(6, {192, 0, 2, 53});
  EXPECT_TRUE(parsed(none).dns.empty());
}

// An overload option inside an overloaded field must not lead back to it.
TEST(Dhcp4Reply, OverloadWithinAFieldIsIgnored) {
  ReplyBytes bytes = offer();
  bytes.option(52, {1}).in_file(52, {3}).in_server_name(6, {192, 0, 2, 53});
  EXPECT_TRUE(parsed(bytes).dns.empty());
}

TEST(Dhcp4Reply, ClasslessRoutes) {
  ReplyBytes bytes = offer();
  bytes.option(121, {24, 198, 51, 100, 192, 0, 2, 1,  0,   192, 0,   2, 254, 32, 203,
                     0,  113, 9,  0,   0,   0, 0, 12, 172, 31,  192, 0, 2,   3});
  Reply reply = parsed(bytes);
  ASSERT_TRUE(reply.classless_routes.has_value());
  ASSERT_EQ(reply.classless_routes->size(), 4u);
  EXPECT_EQ((*reply.classless_routes)[0], (ClasslessRoute{{0xc6336400}, 24, {0xc0000201}}));
  EXPECT_EQ((*reply.classless_routes)[1], (ClasslessRoute{{0}, 0, {0xc00002fe}}));
  EXPECT_EQ((*reply.classless_routes)[2], (ClasslessRoute{{0xcb007109}, 32, {0}}));
  EXPECT_EQ((*reply.classless_routes)[3], (ClasslessRoute{{0xac100000}, 12, {0xc0000203}}));  // bits beyond /12 cleared
  for (ByteVector bad :
       {ByteVector{33, 1, 2, 3, 4, 5, 192, 0, 2, 1}, ByteVector{24, 198, 51, 100, 192, 0, 2}, ByteVector{0}}) {
    ReplyBytes broken = offer();
    broken.option(121, bad);
    EXPECT_FALSE(parsed(broken).classless_routes.has_value());
    EXPECT_EQ(parsed(broken).faults.total(), 1u);
  }
}

TEST(Dhcp4Reply, NamesThatAreNotNamesAreLeftOut) {
  for (std::string_view text :
       {"a b", "x;reboot", "$(id)", "../etc", "a\nnameserver 1", "", "-a", ".", "a..b", "\x1b[2J"}) {
    ReplyBytes bytes = offer();
    bytes.option_text(15, text);
    Reply reply = parsed(bytes);
    EXPECT_TRUE(reply.domain.empty()) << text;
    EXPECT_EQ(reply.faults.total(), 1u) << text;
  }
  ReplyBytes padded = offer();
  padded.option(15, {'a', '.', 'b', '.', 0, 0});
  EXPECT_EQ(parsed(padded).domain, "a.b");
}

TEST(Dhcp4Reply, ManyAddressesAreCutAtTheCapacity) {
  ReplyBytes bytes = offer();
  ByteVector many;
  for (uint32_t i = 1; i <= 60; ++i) test::append_u32(many, 0xc0000200 + i);
  bytes.option(6, many);
  Reply reply = parsed(bytes);
  EXPECT_EQ(reply.dns.size(), kMaxDnsServers);
  EXPECT_EQ(reply.faults.total(), 0u);
}

}  // namespace
}  // namespace ck::dhcp4
