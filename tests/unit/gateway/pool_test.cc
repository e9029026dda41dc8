// SPDX-License-Identifier: MIT
#include "app/gatewayd/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ck::gatewayd {
namespace {

struct Item {
  Item(MutableBytes first, MutableBytes second, int& alive) : first_buffer(first), second_buffer(second), count(alive) {
    ++count;
  }
  ~Item() { --count; }
  MutableBytes first_buffer;
  MutableBytes second_buffer;
  int& count;
};

TEST(ConnectionPool, HoldsItsNumberAndNotOneMore) {
  int alive = 0;
  {
    Pool<Item> pool;
    ASSERT_TRUE(pool.start());
    std::vector<Item*> items;
    while (Item* item = pool.add(alive)) {
      // Each has all of its two buffers to itself.
      auto mark = static_cast<uint8_t>(items.size());
      std::ranges::fill(item->first_buffer, mark);
      std::ranges::fill(item->second_buffer, static_cast<uint8_t>(~mark));
      items.push_back(item);
      ASSERT_LE(items.size(), kMaxConnections);
    }
    EXPECT_EQ(items.size(), kMaxConnections);
    EXPECT_EQ(pool.count(), kMaxConnections);
    for (size_t i = 0; i < items.size(); ++i) {
      auto mark = static_cast<uint8_t>(i);
      EXPECT_EQ(items[i]->first_buffer.size(), dcerpc::kMaxFragment);
      EXPECT_TRUE(std::ranges::all_of(items[i]->first_buffer, [&](uint8_t byte) { return byte == mark; }));
      EXPECT_TRUE(std::ranges::all_of(items[i]->second_buffer,
                                      [&](uint8_t byte) { return byte == static_cast<uint8_t>(~mark); }));
    }
    pool.remove(*items[100]);
    pool.remove(*items[40]);
    EXPECT_EQ(alive, static_cast<int>(kMaxConnections) - 2);
    Item* again = pool.add(alive);
    EXPECT_EQ(again, items[40]) << "the lowest free slot first";
    EXPECT_EQ(again->first_buffer[kSlotSize / 4], 0) << "its pages were given back";
    size_t visited = 0;
    pool.each([&](Item& item) {
      ++visited;
      pool.remove(item);
    });
    EXPECT_EQ(visited, kMaxConnections - 1);
    EXPECT_EQ(alive, 0);
    ASSERT_NE(pool.add(alive), nullptr);
  }
  EXPECT_EQ(alive, 0) << "the pool ends those that are left";
}

}  // namespace
}  // namespace ck::gatewayd
