// SPDX-License-Identifier: MIT
#include "engine/resolver/query.h"

#include <gtest/gtest.h>

#include <set>

#include "support/dns_server.h"

namespace ck::resolver {
namespace {

using Servers = FixedVector<Server, kMaxServers>;

Servers servers(unsigned count) {
  Servers list;
  for (unsigned i = 0; i < count; ++i) (void)list.push_back({Ipv4Address{0xc0000200 + i}, 0});
  return list;
}

class QueryTest : public ::testing::Test {
 protected:
  SeededRandom random{7};
  Query query;
  TimePoint now = from_ms(10'000);
  std::vector<uint8_t> sent;
  dns::Response response;

  void start(unsigned count, dns::Type type = dns::Type::A) {
    query.start("kms.example.org", type, servers(count), random);
  }
  bool send() {
    uint8_t buffer[dns::kMaxQuery];
    auto bytes = query.next_send(buffer, random, now);
    sent.assign(bytes.begin(), bytes.end());
    return !sent.empty();
  }
  unsigned asked() const { return query.server().address.v4.value & 0xff; }
};

TEST_F(QueryTest, AnAnswerEndsIt) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  start(1);
  ASSERT_TRUE(send());
  EXPECT_EQ(query.state(), QueryState::Wait);
  uint8_t more[dns::kMaxQuery];
  EXPECT_TRUE(query.next_send(more, random, now).empty()) << "one datagram each";
  ASSERT_TRUE(query.received(server.answer(sent), response));
  EXPECT_EQ(query.state(), QueryState::Answered);
  EXPECT_EQ(query.deadline(), kNever);
  ASSERT_EQ(response.records.size(), 1u);
  EXPECT_FALSE(query.received(server.answer(sent), response)) << "a copy of it is late";
}

TEST_F(QueryTest, ServersAreAskedInTurnWithGrowingPatience) {
  start(3);
  std::vector<unsigned> order;
  std::vector<int64_t> patience;
  while (query.state() == QueryState::Send) {
    ASSERT_TRUE(send());
    order.push_back(asked());
    patience.push_back((query.deadline() - now).count());
    query.expired(query.deadline() - 1ms);
    ASSERT_EQ(query.state(), QueryState::Wait) << "not before its time";
    now = query.deadline();
    query.expired(now);
    ASSERT_LT(order.size(), 20u);
  }
  EXPECT_EQ(query.state(), QueryState::Failed);
  EXPECT_EQ(query.error(), "no answer");
  EXPECT_EQ(order, (std::vector<unsigned>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(patience, (std::vector<int64_t>{500, 500, 500, 1000, 1000, 1000, 2000, 2000, 2000}));
}

TEST_F(QueryTest, AnErrorSendsItToTheNextServerAtOnce) {
  test::DnsServer server;
  server.code = 2;
  start(2);
  ASSERT_TRUE(send());
  EXPECT_FALSE(query.received(server.answer(sent), response));
  EXPECT_EQ(query.state(), QueryState::Send);
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(query.error(), "server failure");
}

TEST_F(QueryTest, AMissingNameIsAnAnswer) {
  test::DnsServer server;
  start(2);
  ASSERT_TRUE(send());
  ASSERT_TRUE(query.received(server.answer(sent), response));
  EXPECT_EQ(response.code, dns::ResponseCode::NoSuchName);
}

TEST_F(QueryTest, AServerWithoutEdnsIsAskedAgainWithout) {
  test::DnsServer server;
  server.code = 1;
  start(2);
  ASSERT_TRUE(send());
  size_t with_edns = sent.size();
  EXPECT_FALSE(query.received(server.answer(sent), response));
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 0u);
  EXPECT_EQ(sent.size(), with_edns - 11);
  EXPECT_FALSE(query.received(server.answer(sent), response));
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 1u) << "its format error is an error now";
}

TEST_F(QueryTest, ForgedAnswersDoNotEndIt) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  start(1);
  ASSERT_TRUE(send());
  auto good = server.answer(sent);
  for (size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(query.received(Bytes(good).first(cut), response));
  auto other_id = good;
  other_id[1] ^= 1;
  EXPECT_FALSE(query.received(other_id, response));
  EXPECT_EQ(query.state(), QueryState::Wait);
  EXPECT_EQ(query.dropped(), good.size() + 1);
  EXPECT_TRUE(query.received(good, response));
}

TEST_F(QueryTest, AnAnswerCutShortIsAskedForAgainOverTcp) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  server.add_address("kms.example.org", "192.0.2.51");
  start(2);
  ASSERT_TRUE(send());
  EXPECT_EQ(query.transport(), Transport::Udp);
  server.truncates = true;
  EXPECT_FALSE(query.received(server.answer(sent), response));
  ASSERT_EQ(query.state(), QueryState::Send);
  ASSERT_TRUE(send());
  EXPECT_EQ(query.transport(), Transport::Tcp);
  EXPECT_EQ(asked(), 0u) << "the same server";
  EXPECT_EQ(query.deadline(), now + kTcpPatience);
  server.truncates = false;
  ASSERT_TRUE(query.received(server.answer(sent), response));
  EXPECT_EQ(response.records.size(), 2u);
}

TEST_F(QueryTest, WhatIsCutShortOverTcpTooIsTakenAsItIs) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  server.truncates = true;
  start(1);
  ASSERT_TRUE(send());
  EXPECT_FALSE(query.received(server.answer(sent), response));
  ASSERT_TRUE(send());
  ASSERT_TRUE(query.received(server.answer(sent), response));
  EXPECT_EQ(response.records.size(), 1u);
}

TEST_F(QueryTest, AServerWithoutTcpIsPassedOver) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  server.truncates = true;
  start(3);
  for (unsigned turn = 0; turn < 3; ++turn) {
    ASSERT_TRUE(send());
    EXPECT_EQ(asked(), turn);
    EXPECT_EQ(query.transport(), Transport::Udp);
    EXPECT_FALSE(query.received(server.answer(sent), response));
    ASSERT_TRUE(send());
    EXPECT_EQ(asked(), turn);
    EXPECT_EQ(query.transport(), Transport::Tcp);
    switch (turn) {
      case 0: query.send_failed("refused", now); break;
      case 1:
        now += kTcpPatience;
        query.expired(now);
        break;
      case 2: {
        auto garbled = server.answer(sent);
        garbled[0] ^= 1;
        EXPECT_FALSE(query.received(garbled, response)) << "a connection has but one answer";
        break;
      }
    }
    ASSERT_EQ(query.state(), QueryState::Send);
  }
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 0u) << "the next round";
}

TEST_F(QueryTest, TruncatedAnswersAloneDoNotMakeItGoOnForEver) {
  test::DnsServer server;
  server.truncates = true;
  start(1);
  unsigned messages = 0;
  while (query.state() != QueryState::Failed) {
    ASSERT_LT(messages++, 2 * kRounds);
    ASSERT_TRUE(send());
    if (query.transport() == Transport::Udp) {
      EXPECT_FALSE(query.received(server.answer(sent), response));
    } else {
      query.send_failed("refused", now);
      now = query.deadline();
      query.expired(now);
    }
  }
  EXPECT_EQ(query.error(), "refused");
}

TEST_F(QueryTest, EachDatagramHasAnIdOfItsOwn) {
  std::set<uint16_t> ids;
  for (int i = 0; i < 200; ++i) {
    start(1);
    ASSERT_TRUE(send());
    ids.insert(static_cast<uint16_t>(sent[0] << 8 | sent[1]));
  }
  EXPECT_GT(ids.size(), 190u);
}

TEST_F(QueryTest, AServerThatCannotBeReachedIsPassedOverButTheRoundsStillTakeTime) {
  start(2);
  ASSERT_TRUE(send());
  query.send_failed("no route", now);
  EXPECT_EQ(query.state(), QueryState::Send);
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 1u);
  query.send_failed("no route", now);
  EXPECT_EQ(query.state(), QueryState::Wait);
  EXPECT_EQ(query.deadline(), now + 500ms);
}

TEST_F(QueryTest, WithoutServersItFailsAtOnce) {
  start(0);
  EXPECT_EQ(query.state(), QueryState::Failed);
  EXPECT_FALSE(send());
}

}  // namespace
}  // namespace ck::resolver
