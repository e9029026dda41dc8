// SPDX-License-Identifier: MIT
#include "engine/resolver/servers.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::resolver {
namespace {

Server server(unsigned number) { return {Ipv4Address{0xc0000200 + number}, 0}; }

class ServersTest : public ::testing::Test {
 protected:
  ServerMemory memory;
  TimePoint now = from_ms(5000);

  std::string order() const {
    Servers servers;
    for (unsigned i : {1u, 2u, 3u}) (void)servers.push_back(server(i));
    std::string text;
    for (const Server& one : memory.in_order(servers, now))
      text += static_cast<char>('0' + (one.address.v4.value & 15));
    return text;
  }
};

TEST_F(ServersTest, WhoFailedIsAskedLastUntilItAnswersOrTimeIsOver) {
  EXPECT_EQ(order(), "123");
  memory.failed(server(1), now);
  EXPECT_EQ(order(), "231");
  memory.failed(server(2), now);
  EXPECT_EQ(order(), "312");
  memory.failed(server(3), now);
  EXPECT_EQ(order(), "123") << "when all have failed none is worse";
  memory.answered(server(2));
  EXPECT_EQ(order(), "213");
  now += kLastFor - 1ms;
  EXPECT_EQ(order(), "213");
  now += 1ms;
  EXPECT_EQ(order(), "123");
}

TEST_F(ServersTest, WhoChangesTheCaseIsRememberedForAWhile) {
  EXPECT_TRUE(memory.keeps_case(server(1), now));
  memory.changed_case(server(1), now);
  EXPECT_FALSE(memory.keeps_case(server(1), now));
  EXPECT_TRUE(memory.keeps_case(server(2), now));
  memory.answered(server(1));
  EXPECT_FALSE(memory.keeps_case(server(1), now)) << "an answer without capitals says nothing of them";
  EXPECT_TRUE(memory.keeps_case(server(1), now + kPlainFor));
  memory.clear();
  EXPECT_TRUE(memory.keeps_case(server(1), now));
}

TEST_F(ServersTest, MoreThanThereIsRoomForAreNotRemembered) {
  for (unsigned i = 0; i < 2 * kMaxServers; ++i) memory.failed(server(i), now);
  EXPECT_EQ(order(), "123");
  memory.changed_case(server(2 * kMaxServers), now);
  EXPECT_TRUE(memory.keeps_case(server(2 * kMaxServers), now));
}

TEST_F(ServersTest, TheSameAddressOnAnotherLinkIsAnotherServer) {
  Server here = {*parse_ip("fe80::1"), 2};
  Server there = {*parse_ip("fe80::1"), 3};
  memory.changed_case(here, now);
  EXPECT_FALSE(memory.keeps_case(here, now));
  EXPECT_TRUE(memory.keeps_case(there, now));
}

}  // namespace
}  // namespace ck::resolver
