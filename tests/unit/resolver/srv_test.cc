// SPDX-License-Identifier: MIT
#include "engine/resolver/srv.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace ck::resolver {
namespace {

dns::Record record(uint16_t priority, uint16_t weight, uint16_t port) {
  dns::Record one;
  one.type = dns::Type::Srv;
  one.priority = priority;
  one.weight = weight;
  one.port = port;
  return one;
}

TEST(SrvOrder, LowestPriorityComesFirst) {
  SeededRandom random(1);
  for (int round = 0; round < 100; ++round) {
    std::vector<dns::Record> records = {record(30, 9, 1), record(10, 0, 2), record(20, 5, 3), record(10, 7, 4)};
    order_srv(records, random);
    EXPECT_EQ(records[0].port, 4) << "weight 0 comes after weight 7";
    EXPECT_EQ(records[1].port, 2);
    EXPECT_EQ(records[2].port, 3);
    EXPECT_EQ(records[3].port, 1);
  }
}

// How often each of three comes first, in 30 000 draws.
std::array<int, 3> firsts(uint16_t a, uint16_t b, uint16_t c) {
  SeededRandom random(42);
  std::array<int, 3> count{};
  for (int round = 0; round < 30'000; ++round) {
    std::vector<dns::Record> records = {record(0, a, 0), record(0, b, 1), record(0, c, 2)};
    order_srv(records, random);
    ++count[records[0].port];
  }
  return count;
}

TEST(SrvOrder, TheFirstIsDrawnByWeight) {
  auto even = firsts(1, 1, 1);
  for (int count : even) EXPECT_NEAR(count, 10'000, 300);
  auto weighted = firsts(1, 2, 3);
  EXPECT_NEAR(weighted[0], 5'000, 300);
  EXPECT_NEAR(weighted[1], 10'000, 300);
  EXPECT_NEAR(weighted[2], 15'000, 300);
  auto zeros = firsts(0, 0, 0);
  for (int count : zeros) EXPECT_NEAR(count, 10'000, 300);
  EXPECT_EQ(firsts(0, 65535, 0)[1], 30'000);
}

TEST(SrvOrder, NoneAndOneAreFine) {
  SeededRandom random(1);
  std::vector<dns::Record> none;
  order_srv(none, random);
  std::vector<dns::Record> one = {record(1, 0, 9)};
  order_srv(one, random);
  EXPECT_EQ(one[0].port, 9);
}

}  // namespace
}  // namespace ck::resolver
