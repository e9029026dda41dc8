// SPDX-License-Identifier: MIT
#include "wire/dhcp6/query.h"

#include <gtest/gtest.h>

#include "support/dhcp6_messages.h"
#include "wire/dhcp6/duid.h"

namespace ck::dhcp6 {
namespace {

using test::ip6;

constexpr MacAddress kMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

test::Query6View written(const Query& query) {
  uint8_t buffer[kMaxQuery];
  auto bytes = write_query(query, buffer);
  EXPECT_TRUE(bytes.has_value());
  auto view = test::read_query6(*bytes);
  EXPECT_TRUE(view.has_value());
  return view.value_or(test::Query6View{});
}

Query query_of(MessageType type) {
  Query query{.type = type, .transaction = 0xa1b2c3, .elapsed = 0x0102, .client = duid_of(kMac)};
  if (type != MessageType::InformationRequest) query.iaid = 0x00123456;
  return query;
}

TEST(Dhcp6Query, Solicit) {
  Query query = query_of(MessageType::Solicit);
  query.rapid_commit = RapidCommit::Yes;
  query.reconfigure = Reconfigure::Accept;
  test::Query6View view = written(query);
  EXPECT_EQ(view.type, 1);
  EXPECT_EQ(view.transaction, 0xa1b2c3u);
  EXPECT_EQ(view.options[1], (test::ByteVector{0, 3, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56}));
  EXPECT_EQ(view.options[8], (test::ByteVector{1, 2}));
  EXPECT_EQ(view.options[3], (test::ByteVector{0, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(view.has(14));
  EXPECT_TRUE(view.has(20));
  EXPECT_FALSE(view.has(2));
}

TEST(Dhcp6Query, AnAssociationHoldsItsAddressesWithLifetimesOfZero) {
  Query query = query_of(MessageType::Renew);
  query.server = duid_of(kMac);
  (void)query.addresses.push_back(ip6("2001:db8::1"));
  (void)query.addresses.push_back(ip6("2001:db8::2"));
  test::Query6View view = written(query);
  EXPECT_EQ(view.iaid, 0x123456u);
  EXPECT_EQ(view.addresses, (std::vector<Ipv6Address>{ip6("2001:db8::1"), ip6("2001:db8::2")}));
  EXPECT_EQ(test::ByteVector(view.options[3].begin() + 32, view.options[3].begin() + 40), test::ByteVector(8, 0));
  EXPECT_EQ(view.options[2], view.options[1]);
}

// RFC 9915 appendix B and 21.7: what each message must and must not ask for.
TEST(Dhcp6Query, EachMessageRequestsWhatItMust) {
  struct Case {
    MessageType type;
    bool lease;
    bool information;
  };
  constexpr Case kCases[] = {
      {MessageType::Solicit, true, false},  {MessageType::Request, true, false},
      {MessageType::Renew, true, false},    {MessageType::Rebind, true, false},
      {MessageType::Confirm, false, false}, {MessageType::Release, false, false},
      {MessageType::Decline, false, false}, {MessageType::InformationRequest, false, true},
  };
  for (const Case& one : kCases) {
    Query query = query_of(one.type);
    query.rapid_commit = RapidCommit::Yes;
    query.reconfigure = Reconfigure::Accept;
    test::Query6View view = written(query);
    auto type = static_cast<int>(one.type);
    EXPECT_EQ(view.has(6), one.lease || one.information) << type;
    for (uint16_t code : std::initializer_list<uint16_t>{23, 24, 31, 56})
      EXPECT_EQ(view.requests(code), one.lease || one.information) << type;
    EXPECT_EQ(view.requests(82), one.lease) << type;
    for (uint16_t code : std::initializer_list<uint16_t>{32, 83})
      EXPECT_EQ(view.requests(code), one.information) << type;
    EXPECT_EQ(view.has(20), one.lease || one.information) << type;
    EXPECT_EQ(view.has(14), one.type == MessageType::Solicit) << type;
    EXPECT_EQ(view.has(3), !one.information) << type;
    EXPECT_TRUE(view.has(8)) << type;
    EXPECT_TRUE(view.has(1)) << type;
    query.reconfigure = Reconfigure::Refuse;
    EXPECT_FALSE(written(query).has(20)) << type;
  }
}

TEST(Dhcp6Query, TheLargestMessageFitsAndAnySmallerBufferIsAnError) {
  Query query = query_of(MessageType::Renew);
  while (query.client.push_back(0xaa)) {
  }
  query.server = query.client;
  while (query.addresses.push_back(ip6("2001:db8::1"))) {
  }
  query.reconfigure = Reconfigure::Accept;
  uint8_t buffer[kMaxQuery];
  auto whole = write_query(query, buffer);
  ASSERT_TRUE(whole.has_value());
  for (size_t size = 0; size < whole->size(); ++size) {
    std::vector<uint8_t> small(size);  // on the heap: the sanitizer sees a byte beyond
    auto bytes = write_query(query, small);
    ASSERT_FALSE(bytes.has_value()) << size;
    EXPECT_EQ(bytes.error().code, Code::OutOfRange);
  }
}

TEST(Dhcp6Duid, OfUuidAndOfHardwareAddress) {
  std::array<uint8_t, 16> uuid{};
  for (size_t i = 0; i < 16; ++i) uuid[i] = static_cast<uint8_t>(i + 1);
  Duid duid = duid_of(uuid);
  ASSERT_EQ(duid.size(), 18u);
  EXPECT_EQ(duid[0], 0);
  EXPECT_EQ(duid[1], 4);
  EXPECT_EQ(duid[2], 1);
  EXPECT_EQ(duid[17], 16);
  EXPECT_EQ(duid_of(kMac).size(), 10u);
  EXPECT_EQ(iaid_of(kMac), 0x00123456u);
  EXPECT_EQ(iaid_of(MacAddress{{0, 0, 0xff, 1, 2, 3}}), 0xff010203u);
}

}  // namespace
}  // namespace ck::dhcp6
