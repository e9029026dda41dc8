// SPDX-License-Identifier: MIT
#include "app/gatewayd/slots.h"

#include <gtest/gtest.h>

#include <vector>

namespace ck::gatewayd {
namespace {

struct Item {
  explicit Item(int& alive) : count(alive) { ++count; }
  ~Item() { --count; }
  int& count;
  std::array<uint8_t, 700> content{};
};

TEST(Slots, HoldTheirNumberAndNotOneMore) {
  int alive = 0;
  {
    Slots<Item, 100> slots;
    ASSERT_TRUE(slots.start(40));
    std::vector<Item*> items;
    while (Item* item = slots.add(alive)) {
      item->content.fill(static_cast<uint8_t>(items.size()));
      items.push_back(item);
      ASSERT_LE(items.size(), 40u);
    }
    EXPECT_EQ(items.size(), 40u);
    for (size_t i = 0; i < items.size(); ++i)
      for (uint8_t byte : items[i]->content) ASSERT_EQ(byte, i) << "each has its place to itself";
    slots.remove(*items[7]);
    slots.remove(*items[3]);
    EXPECT_EQ(slots.count(), 38u);
    EXPECT_EQ(slots.add(alive), items[3]) << "the one given back last";
    EXPECT_EQ(slots.add(alive), items[7]);
    EXPECT_EQ(slots.add(alive), nullptr);
    size_t seen = 0;
    slots.each([&](Item& item) {
      ++seen;
      if (seen % 2 == 0) slots.remove(item);
    });
    EXPECT_EQ(seen, 40u);
    EXPECT_EQ(alive, 20);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Buffers, AreSharedAndTheLastGivenIsTheNextTaken) {
  std::vector<uint8_t> memory(4 * gateway::kBufferStride);
  gateway::Buffers buffers(memory);
  auto first = buffers.take();
  auto second = buffers.take();
  EXPECT_EQ(first.size(), dcerpc::kMaxFragment);
  EXPECT_EQ(first.data(), memory.data());
  EXPECT_EQ(second.data(), memory.data() + gateway::kBufferStride);
  EXPECT_EQ(buffers.taken(), 2u);
  EXPECT_EQ(buffers.touched(), 2 * gateway::kBufferStride);
  buffers.give(second);
  EXPECT_EQ(buffers.take().data(), second.data());
  buffers.give(first);
  buffers.give(second);
  EXPECT_EQ(buffers.taken(), 0u);
  buffers.restart();
  EXPECT_EQ(buffers.touched(), 0u);
  EXPECT_EQ(buffers.take().data(), memory.data());
}

}  // namespace
}  // namespace ck::gatewayd
