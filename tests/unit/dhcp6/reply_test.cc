// SPDX-License-Identifier: MIT
#include "wire/dhcp6/reply.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "support/dhcp6_messages.h"

namespace ck::dhcp6 {
namespace {

using test::ByteVector;
using test::ip6;
using test::Options6;

constexpr uint8_t kReply = 7;
constexpr uint32_t kIaid = 0x123456;
const ByteVector kDuid = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1};
const Ipv6Address kAddress = ip6("2001:db8:1::100");

// The bytes live as long as the test's last call: a reply points into them.
Reply parsed(const Options6& options, uint8_t type = kReply) {
  static ByteVector bytes;
  bytes = test::message6(type, 0x112233, options);
  auto reply = parse_reply(bytes);
  EXPECT_TRUE(reply.has_value());
  return reply.value_or(Reply{});
}

Options6 one_association(const Options6& inner, uint32_t t1 = 1800, uint32_t t2 = 2880) {
  return Options6().association(kIaid, t1, t2, inner);
}

TEST(Dhcp6Reply, AWholeReply) {
  Options6 inner;
  inner.address(kAddress, 3600, 7200).status(0, "fine");
  Options6 options;
  options.option(1, kDuid).option(2, kDuid).association(kIaid, 1800, 2880, inner).option(7, {200});
  options.status(0).option(14, {}).option_addresses(23, {ip6("2001:db8::53"), ip6("fe80::53")});
  options.option(24, {7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0}).option_u32(32, 7200);
  options.option_addresses(31, {ip6("2001:db8::123")}).option_u32(82, 600).option_u32(83, 1200);
  options.option(56, Options6().option_addresses(1, {ip6("2001:db8::124")}).bytes());
  options.authentication(77, 1, ByteVector(16, 9)).option(20, {});
  Reply reply = parsed(options);
  EXPECT_EQ(reply.type, MessageType::Reply);
  EXPECT_EQ(reply.transaction, 0x112233u);
  ASSERT_TRUE(reply.client && reply.server);
  EXPECT_EQ(reply.server->size(), 10u);
  const Association* association = reply.association(kIaid);
  ASSERT_NE(association, nullptr);
  EXPECT_EQ(reply.association(kIaid + 1), nullptr);
  EXPECT_EQ(association->t1_seconds, 1800u);
  EXPECT_EQ(association->t2_seconds, 2880u);
  ASSERT_EQ(association->addresses.size(), 1u);
  EXPECT_EQ(association->addresses[0], (GivenAddress{kAddress, 3600, 7200}));
  EXPECT_EQ(association->status->code, StatusCode::Success);
  EXPECT_EQ(association->status->message, "fine");
  EXPECT_EQ(reply.preference, 200);
  EXPECT_TRUE(reply.rapid_commit);
  EXPECT_EQ(reply.dns.size(), 2u);
  ASSERT_EQ(reply.search.size(), 1u);
  EXPECT_EQ(reply.search[0], "example.org");
  EXPECT_EQ(reply.sntp[0], ip6("2001:db8::123"));
  EXPECT_EQ(reply.ntp[0], ip6("2001:db8::124"));
  EXPECT_EQ(reply.refresh_seconds, 7200u);
  EXPECT_EQ(reply.solicit_max_rt, 600u);
  EXPECT_EQ(reply.information_max_rt, 1200u);
  ASSERT_TRUE(reply.authentication.has_value());
  EXPECT_EQ(reply.authentication->kind, Authentication::Kind::Key);
  EXPECT_EQ(reply.authentication->replay_counter, 77u);
  EXPECT_EQ(reply.message[reply.authentication->value_position], 9);
  EXPECT_EQ(reply.faults.total(), 0u);
}

// Each option that we know, with every length from nothing to 40 bytes: exactly those that its definition allows are
// taken, each other one is a fault of its class, and the option behind it is read all the same.
TEST(Dhcp6Reply, EveryOptionIsTakenAtTheLengthsOfItsDefinitionOnly) {
  struct Case {
    const char* name;
    uint16_t code;
    std::function<bool(size_t)> good;
    ByteVector start;  // the bytes that make a value of any length sensible
  };
  auto exactly = [](size_t size) { return [size](size_t n) { return n == size; }; };
  auto least = [](size_t size) { return [size](size_t n) { return n >= size; }; };
  auto addresses = [](size_t n) { return n > 0 && n % 16 == 0; };
  const Case kCases[] = {
      {"client id", 1, least(3), {}},
      {"server id", 2, least(3), {}},
      {"association", 3, [](size_t n) { return n == 12 || n >= 16; }, {}},
      {"preference", 7, exactly(1), {}},
      {"authentication", 11, exactly(28), {3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}},
      {"status", 13, least(2), {}},
      {"rapid commit", 14, exactly(0), {}},
      {"reconfigure message", 19, exactly(1), {5}},
      {"DNS servers", 23, addresses, {}},
      {"SNTP servers", 31, addresses, {}},
      {"refresh time", 32, exactly(4), {}},
      {"SOL_MAX_RT", 82, exactly(4), {0, 0, 1, 0}},
      {"INF_MAX_RT", 83, exactly(4), {0, 0, 1, 0}},
  };
  for (const Case& one : kCases) {
    for (size_t length = 0; length <= 40; ++length) {
      ByteVector value = one.start;
      if (one.code == 3 && length >= 16) {  // one unknown option fills what is behind the fixed part
        value.assign(12, 0);
        value.insert(value.end(), {0, 99, 0, static_cast<uint8_t>(length - 16)});
      }
      value.resize(length, 0x20);
      Options6 options;
      options.option(one.code, value).option(65000, {1, 2, 3});
      uint16_t after = one.code == 7 ? 82 : 7;
      options.option(after, after == 7 ? ByteVector{255} : ByteVector{0, 0, 1, 0});
      Reply reply = parsed(options);
      std::string where = std::string(one.name) + " of " + std::to_string(length);
      EXPECT_EQ(reply.faults.total(), one.good(length) ? 0u : 1u) << where;
      if (length < 12 || one.code != 3)
        EXPECT_EQ(reply.faults.of(OptionFault::Length), one.good(length) ? 0u : 1u) << where;
      EXPECT_TRUE(after == 7 ? reply.preference == 255 : reply.solicit_max_rt == 256u) << where;
    }
  }
}

TEST(Dhcp6Reply, ADuidHasAtMost130Bytes) {
  EXPECT_EQ(parsed(Options6().option(2, ByteVector(130, 1))).server->size(), 130u);
  Reply reply = parsed(Options6().option(2, ByteVector(131, 1)));
  EXPECT_FALSE(reply.server.has_value());
  EXPECT_EQ(reply.faults.of(OptionFault::Length), 1u);
}

struct FaultCase {
  const char* name;
  Options6 options;
  OptionFault fault;
};

TEST(Dhcp6Reply, ABadOptionIsLeftOutAndCountedByItsClass) {
  Options6 good;
  good.address(kAddress, 60, 120);
  Options6 refused;
  refused.status(1);
  ByteVector key(16, 1);
  ByteVector address_with_long_status(24, 0);
  address_with_long_status[0] = 0x20;
  address_with_long_status.insert(address_with_long_status.end(), {0, 13, 0, 3, 0, 0});
  const FaultCase kCases[] = {
      {"no room for a length", Options6().raw({0, 7, 0}), OptionFault::Truncated},
      {"a value past the end", Options6().raw({0, 7, 0, 2, 1}), OptionFault::Truncated},
      {"a length of 65535", Options6().raw({0, 99, 0xff, 0xff, 1}), OptionFault::Truncated},
      {"an association past the end", Options6().raw({0, 3, 0, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
       OptionFault::Truncated},
      {"an address that leaves its association", one_association(Options6().raw({0, 5, 0, 24, 0x20, 1})),
       OptionFault::Truncated},
      {"a status that leaves its association", one_association(Options6().raw({0, 13, 0, 3, 0, 0})),
       OptionFault::Truncated},
      {"a status that leaves its address", one_association(Options6().option(5, address_with_long_status)),
       OptionFault::Truncated},
      {"an association of T1 beyond T2", one_association(good, 100, 99), OptionFault::Times},
      {"the same association twice", one_association(good).association(kIaid, 0, 0, good), OptionFault::Repeated},
      {"preferred beyond valid", one_association(Options6().address(kAddress, 121, 120)), OptionFault::Times},
      {"preferred for ever beyond valid", one_association(Options6().address(kAddress, 0xffffffff, 0xfffffffe)),
       OptionFault::Times},
      {"no address", one_association(Options6().address(ip6("::"), 1, 2)), OptionFault::Value},
      {"loopback", one_association(Options6().address(ip6("::1"), 1, 2)), OptionFault::Value},
      {"multicast", one_association(Options6().address(ip6("ff02::1"), 1, 2)), OptionFault::Value},
      {"link-local", one_association(Options6().address(ip6("fe80::1"), 1, 2)), OptionFault::Value},
      {"IPv4-mapped", one_association(Options6().address(ip6("::ffff:192.0.2.1"), 1, 2)), OptionFault::Value},
      {"an address with a failure inside", one_association(Options6().address(kAddress, 1, 2, &refused)),
       OptionFault::Value},
      {"the same address twice", one_association(Options6().raw(good.bytes()).raw(good.bytes())),
       OptionFault::Repeated},
      {"a short address", one_association(Options6().option(5, ByteVector(23, 0x20))), OptionFault::Length},
      {"two statuses", Options6().status(0).status(1), OptionFault::Repeated},
      {"two servers", Options6().option(2, kDuid).option(2, kDuid), OptionFault::Repeated},
      {"two rapid commits", Options6().option(14, {}).option(14, {}), OptionFault::Repeated},
      {"a DNS server of nowhere", Options6().option_addresses(23, {ip6("::")}), OptionFault::Value},
      {"a DNS server of many", Options6().option_addresses(23, {ip6("ff02::fb")}), OptionFault::Value},
      {"five DNS servers", Options6().option(23, ByteVector(80, 0x20)), OptionFault::TooMany},
      {"a name with a pointer", Options6().option(24, {0xc0, 0}), OptionFault::Value},
      {"a name without an end", Options6().option(24, {2, 'a', 'b'}), OptionFault::Value},
      {"a name past the end", Options6().option(24, {9, 'a', 0}), OptionFault::Value},
      {"a name of the shell", Options6().option(24, {4, '$', '(', 'a', ')', 0}), OptionFault::Value},
      {"an empty domain list", Options6().option(24, {}), OptionFault::Length},
      {"SOL_MAX_RT of 59", Options6().option_u32(82, 59), OptionFault::Value},
      {"SOL_MAX_RT of 86401", Options6().option_u32(82, 86401), OptionFault::Value},
      {"INF_MAX_RT of 59", Options6().option_u32(83, 59), OptionFault::Value},
      {"INF_MAX_RT of 86401", Options6().option_u32(83, 86401), OptionFault::Value},
      {"delayed authentication", Options6().option(11, ByteVector{2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
       OptionFault::Unsupported},
      {"another algorithm", Options6().option(11, ByteVector{3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
       OptionFault::Unsupported},
      {"another replay method", Options6().option(11, ByteVector{3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1}),
       OptionFault::Unsupported},
      {"authentication of kind 3", Options6().authentication(1, 3, key), OptionFault::Unsupported},
      {"a short key", Options6().authentication(1, 1, ByteVector(15, 1)), OptionFault::Length},
      {"a long digest", Options6().authentication(1, 2, ByteVector(17, 1)), OptionFault::Length},
      {"a Reconfigure for a Solicit", Options6().option(19, {1}), OptionFault::Value},
      {"an NTP part that leaves its option", Options6().option(56, {0, 1, 0, 16, 1}), OptionFault::Truncated},
      {"a short NTP address", Options6().option(56, {0, 1, 0, 1, 1}), OptionFault::Length},
      {"an NTP address of nowhere", Options6().option(56, Options6().option_addresses(1, {ip6("::")}).bytes()),
       OptionFault::Value},
  };
  for (const FaultCase& one : kCases) {
    // Behind it stands a good one, unless nothing can be read any more.
    Options6 options;
    options.option_u32(32, 777).raw(one.options.bytes());
    Reply reply = parsed(options);
    EXPECT_EQ(reply.faults.of(one.fault), 1u) << one.name;
    EXPECT_EQ(reply.faults.total(), 1u) << one.name;
    EXPECT_EQ(reply.refresh_seconds, 777u) << one.name;
    EXPECT_NE(name_of(one.fault), "unknown");
  }
}

TEST(Dhcp6Reply, WhatStandsBesideABadPartIsUsed) {
  Options6 inner;
  inner.address(ip6("fe80::1"), 1, 2).address(kAddress, 60, 120);
  Reply reply = parsed(one_association(inner).option_addresses(23, {ip6("::"), ip6("2001:db8::53")}));
  ASSERT_EQ(reply.association(kIaid)->addresses.size(), 1u);
  EXPECT_EQ(reply.association(kIaid)->addresses[0].address, kAddress);
  ASSERT_EQ(reply.dns.size(), 1u);
  EXPECT_EQ(reply.dns[0], ip6("2001:db8::53"));
  EXPECT_EQ(reply.faults.of(OptionFault::Value), 2u);
}

TEST(Dhcp6Reply, WhatIsBeyondTheRoomIsLeftOut) {
  Options6 inner;
  for (int i = 0; i < 6; ++i) inner.address(ip6("2001:db8::" + std::to_string(i + 1)), 60, 120);
  Options6 options = one_association(inner);
  for (uint32_t i = 1; i < 7; ++i) options.association(kIaid + i, 0, 0, Options6());
  Reply reply = parsed(options);
  EXPECT_EQ(reply.association(kIaid)->addresses.size(), kMaxAddresses);
  EXPECT_EQ(reply.associations.size(), kMaxAssociations);
  EXPECT_EQ(reply.faults.of(OptionFault::TooMany), 2u + 3u);
}

TEST(Dhcp6Reply, AnUnknownStatusCodeIsAFailure) {
  EXPECT_EQ(parsed(Options6().status(4)).status->code, StatusCode::NotOnLink);
  EXPECT_EQ(parsed(Options6().status(6)).status->code, StatusCode::UnspecFail);
  EXPECT_EQ(parsed(Options6().status(0xffff)).status->code, StatusCode::UnspecFail);
}

TEST(Dhcp6Reply, EdgesOfSolMaxRt) {
  EXPECT_EQ(parsed(Options6().option_u32(82, 60)).solicit_max_rt, 60u);
  EXPECT_EQ(parsed(Options6().option_u32(82, 86400)).solicit_max_rt, 86400u);
}

TEST(Dhcp6Reply, EveryCutOfAMessageIsSafe) {
  Options6 inner;
  inner.address(kAddress, 60, 120).status(0, "fine");
  Options6 options;
  options.option(1, kDuid).association(kIaid, 1, 2, inner).authentication(1, 2, ByteVector(16, 1));
  ByteVector whole = test::message6(kReply, 1, options);
  for (size_t size = 0; size < whole.size(); ++size) {
    ByteVector cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    auto reply = parse_reply(cut);
    ASSERT_EQ(reply.has_value(), size >= 4) << size;
    if (size < 4) EXPECT_EQ(reply.error(), Drop::Short);
  }
}

TEST(Dhcp6Reply, OnlyServersMessagesOfABearableLengthAreTaken) {
  for (unsigned type = 0; type < 256; ++type) {
    ByteVector bytes = test::message6(static_cast<uint8_t>(type), 1, Options6());
    auto reply = parse_reply(bytes);
    bool wanted = type == 2 || type == 7 || type == 10;
    EXPECT_EQ(reply.has_value(), wanted) << type;
    if (!wanted) EXPECT_EQ(reply.error(), Drop::NotFromServer) << type;
  }
  ByteVector longest = test::message6(kReply, 1, Options6().raw(ByteVector(kMaxReply - 4, 0)));
  EXPECT_TRUE(parse_reply(longest).has_value());
  longest.push_back(0);
  EXPECT_EQ(parse_reply(longest).error(), Drop::Long);
}

TEST(Dhcp6Reply, EmptyOptionsWithoutEndComeToAnEnd) {
  Reply reply = parsed(Options6().raw(ByteVector(4000, 0)).option(7, {3}));
  EXPECT_EQ(reply.preference, 3);
  EXPECT_EQ(reply.faults.total(), 0u);
}

}  // namespace
}  // namespace ck::dhcp6
