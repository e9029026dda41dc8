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

// Pearson's statistic of how often each order of three records came, against the chance that each has: the first with
// its weight's share of the sum, the second with its share of what is left. `surplus` is how much more than the sum the
// draw takes in for the first place, 1 for the RFC's 0..sum, which the first record gets.
double chi_square(std::array<uint16_t, 3> weights, uint64_t seed, double surplus) {
  constexpr int kDraws = 20'000;
  constexpr std::array<std::array<size_t, 3>, 6> kOrders = {
      {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
  SeededRandom random(seed);
  std::array<int, 6> count{};
  for (int round = 0; round < kDraws; ++round) {
    std::array<dns::Record, 3> records = {record(0, weights[0], 0), record(0, weights[1], 1), record(0, weights[2], 2)};
    order_srv(records, random);
    for (size_t i = 0; i < kOrders.size(); ++i)
      if (kOrders[i] == std::array<size_t, 3>{records[0].port, records[1].port, records[2].port}) ++count[i];
  }
  double sum = weights[0] + weights[1] + weights[2];
  double statistic = 0;
  for (size_t i = 0; i < kOrders.size(); ++i) {
    double first = weights[kOrders[i][0]];
    double second = weights[kOrders[i][1]];
    double chance = (first + (kOrders[i][0] == 0 ? surplus : 0)) / (sum + surplus) * second / (sum - first);
    double expected = chance * kDraws;
    statistic += (count[i] - expected) * (count[i] - expected) / expected;
  }
  return statistic;
}

// Five degrees of freedom: above it once in a million draws that are right.
constexpr double kBound = 35.9;

TEST(SrvOrder, EachOrderComesAsOftenAsItsWeightsSay) {
  for (std::array<uint16_t, 3> weights : {std::array<uint16_t, 3>{1, 1, 1}, {1, 2, 3}, {5, 1, 1}, {10, 60, 30}}) {
    for (uint64_t seed : {1u, 2u, 3u}) EXPECT_LT(chi_square(weights, seed, 0), kBound) << weights[0] << ' ' << seed;
  }
}

TEST(SrvOrder, ADrawAsTheRfcHasItWouldBeSeen) {
  for (std::array<uint16_t, 3> weights : {std::array<uint16_t, 3>{1, 1, 1}, {1, 2, 3}, {5, 1, 1}})
    EXPECT_GT(chi_square(weights, 1, 1), kBound) << weights[0];
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
