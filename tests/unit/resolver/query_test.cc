// SPDX-License-Identifier: MIT
#include "engine/resolver/query.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "support/dns_server.h"

namespace ck::resolver {
namespace {

Servers servers(unsigned count) {
  Servers list;
  for (unsigned i = 0; i < count; ++i) (void)list.push_back({Ipv4Address{0xc0000200 + i}, 0});
  return list;
}

// The name of the query that was sent last, as it was spelled.
std::string name_in(const std::vector<uint8_t>& query) {
  test::DnsServer server;
  (void)server.answer(query);
  return server.name_as_asked;
}

class QueryTest : public ::testing::Test {
 protected:
  SeededRandom random{7};
  Query query;
  ServerMemory memory;
  TimePoint now = from_ms(10'000);
  std::vector<uint8_t> sent;
  dns::Response response;

  void start(unsigned count, dns::Type type = dns::Type::A) {
    query.start("kms.example.org", type, servers(count), random);
  }
  bool send() {
    uint8_t buffer[dns::kMaxQuery];
    auto bytes = query.next_send(buffer, memory, random, now);
    sent.assign(bytes.begin(), bytes.end());
    return !sent.empty();
  }
  bool received(Bytes message) { return query.received(message, memory, response, now); }
  unsigned asked() const { return query.server().address.v4.value & 0xff; }
};

TEST_F(QueryTest, AnAnswerEndsIt) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  start(1);
  ASSERT_TRUE(send());
  EXPECT_EQ(query.state(), QueryState::Wait);
  uint8_t more[dns::kMaxQuery];
  EXPECT_TRUE(query.next_send(more, memory, random, now).empty()) << "one datagram each";
  ASSERT_TRUE(received(server.answer(sent)));
  EXPECT_EQ(query.state(), QueryState::Answered);
  EXPECT_EQ(query.deadline(), kNever);
  ASSERT_EQ(response.records.size(), 1u);
  EXPECT_FALSE(received(server.answer(sent))) << "a copy of it is late";
}

TEST_F(QueryTest, ServersAreAskedInTurnWithGrowingPatience) {
  start(3);
  std::vector<unsigned> order;
  std::vector<int64_t> patience;
  while (query.state() == QueryState::Send) {
    ASSERT_TRUE(send());
    order.push_back(asked());
    patience.push_back((query.deadline() - now).count());
    query.expired(memory, query.deadline() - 1ms);
    ASSERT_EQ(query.state(), QueryState::Wait) << "not before its time";
    now = query.deadline();
    query.expired(memory, now);
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
  EXPECT_FALSE(received(server.answer(sent)));
  EXPECT_EQ(query.state(), QueryState::Send);
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(query.error(), "server failure");
}

TEST_F(QueryTest, AMissingNameIsAnAnswer) {
  test::DnsServer server;
  start(2);
  ASSERT_TRUE(send());
  ASSERT_TRUE(received(server.answer(sent)));
  EXPECT_EQ(response.code, dns::ResponseCode::NoSuchName);
}

TEST_F(QueryTest, AServerWithoutEdnsIsAskedAgainWithout) {
  test::DnsServer server;
  server.code = 1;
  start(2);
  ASSERT_TRUE(send());
  size_t with_edns = sent.size();
  EXPECT_FALSE(received(server.answer(sent)));
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 0u);
  EXPECT_EQ(sent.size(), with_edns - 11);
  EXPECT_FALSE(received(server.answer(sent)));
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 1u) << "its format error is an error now";
}

TEST_F(QueryTest, ForgedAnswersDoNotEndIt) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  start(1);
  ASSERT_TRUE(send());
  auto good = server.answer(sent);
  for (size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(received(Bytes(good).first(cut)));
  auto other_id = good;
  other_id[1] ^= 1;
  EXPECT_FALSE(received(other_id));
  EXPECT_EQ(query.state(), QueryState::Wait);
  EXPECT_EQ(query.dropped(), good.size() + 1);
  EXPECT_TRUE(received(good));
}

TEST_F(QueryTest, AnAnswerCutShortIsAskedForAgainOverTcp) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  server.add_address("kms.example.org", "192.0.2.51");
  start(2);
  ASSERT_TRUE(send());
  EXPECT_EQ(query.transport(), Transport::Udp);
  server.truncates = true;
  EXPECT_FALSE(received(server.answer(sent)));
  ASSERT_EQ(query.state(), QueryState::Send);
  ASSERT_TRUE(send());
  EXPECT_EQ(query.transport(), Transport::Tcp);
  EXPECT_EQ(asked(), 0u) << "the same server";
  EXPECT_EQ(name_in(sent), "kms.example.org") << "a connection is not forged blindly";
  EXPECT_EQ(query.deadline(), now + kTcpPatience);
  server.truncates = false;
  ASSERT_TRUE(received(server.answer(sent)));
  EXPECT_EQ(response.records.size(), 2u);
}

TEST_F(QueryTest, WhatIsCutShortOverTcpTooIsTakenAsItIs) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  server.truncates = true;
  start(1);
  ASSERT_TRUE(send());
  EXPECT_FALSE(received(server.answer(sent)));
  ASSERT_TRUE(send());
  ASSERT_TRUE(received(server.answer(sent)));
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
    EXPECT_FALSE(received(server.answer(sent)));
    ASSERT_TRUE(send());
    EXPECT_EQ(asked(), turn);
    EXPECT_EQ(query.transport(), Transport::Tcp);
    switch (turn) {
      case 0: query.send_failed("refused", memory, now); break;
      case 1:
        now += kTcpPatience;
        query.expired(memory, now);
        break;
      case 2: {
        auto garbled = server.answer(sent);
        garbled[0] ^= 1;
        EXPECT_FALSE(received(garbled)) << "a connection has but one answer";
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
      EXPECT_FALSE(received(server.answer(sent)));
    } else {
      query.send_failed("refused", memory, now);
      now = query.deadline();
      query.expired(memory, now);
    }
  }
  EXPECT_EQ(query.error(), "refused");
}

TEST_F(QueryTest, TheCaseOfTheNameIsDrawnForEachDatagram) {
  std::set<std::string> spellings;
  for (int i = 0; i < 200; ++i) {
    start(1);
    ASSERT_TRUE(send());
    spellings.insert(name_in(sent));
  }
  EXPECT_GT(spellings.size(), 190u) << "of 2^13";
}

TEST_F(QueryTest, AServerThatChangesTheCaseIsAskedAgainWithoutAndRemembered) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  server.lowers_case = true;
  start(2);
  ASSERT_TRUE(send());
  EXPECT_NE(name_in(sent), "kms.example.org");
  EXPECT_FALSE(received(server.answer(sent)));
  ASSERT_EQ(query.state(), QueryState::Send);
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 0u);
  EXPECT_EQ(name_in(sent), "kms.example.org");
  ASSERT_TRUE(received(server.answer(sent)));

  start(2);
  ASSERT_TRUE(send());
  EXPECT_EQ(name_in(sent), "kms.example.org") << "the next question spares the detour";
  now += 500ms;
  query.expired(memory, now);
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 1u);
  EXPECT_NE(name_in(sent), "kms.example.org") << "the other server keeps the case for all we know";

  now += kPlainFor;
  start(2);
  ASSERT_TRUE(send());
  EXPECT_NE(name_in(sent), "kms.example.org") << "it may have been mended";
}

TEST_F(QueryTest, AnswersInAnotherCaseAreNotTakenForOnesInOurs) {
  test::DnsServer server;
  server.add_address("kms.example.org", "192.0.2.50");
  start(1);
  ASSERT_TRUE(send());
  auto answer = server.answer(sent);
  answer[13] ^= 0x20;  // the first letter
  EXPECT_FALSE(received(answer));
  EXPECT_EQ(query.error(), "spells the question in another case");
}

TEST_F(QueryTest, WhereNoCapitalsPassTheLastRoundDoes) {
  start(2);
  for (unsigned i = 0; i < 2 * kRounds; ++i) {
    ASSERT_TRUE(send());
    EXPECT_EQ(name_in(sent) == "kms.example.org", i >= 2 * (kRounds - 1)) << i;
    now = query.deadline();
    query.expired(memory, now);
  }
  EXPECT_EQ(query.state(), QueryState::Failed);
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
  query.send_failed("no route", memory, now);
  EXPECT_EQ(query.state(), QueryState::Send);
  ASSERT_TRUE(send());
  EXPECT_EQ(asked(), 1u);
  query.send_failed("no route", memory, now);
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
