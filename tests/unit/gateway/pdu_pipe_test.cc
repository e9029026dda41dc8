// SPDX-License-Identifier: MIT
#include "engine/gateway/pdu_pipe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/rpc_bytes.h"

namespace ck::gateway {
namespace {

using test::pdu;

struct Pipe {
  std::vector<uint8_t> memory = std::vector<uint8_t>(kBufferStride);
  Buffers buffers{memory};
  PduPipe pipe{buffers, dcerpc::Direction::FromClient};

  std::optional<dcerpc::Drop> feed(std::span<const uint8_t> bytes) {
    auto room = pipe.room();
    EXPECT_LE(bytes.size(), room.size());
    std::ranges::copy(bytes, room.begin());
    return pipe.received(bytes.size());
  }
};

TEST(PduPipe, APduIsCompleteWithItsLastByte) {
  auto bind = pdu(dcerpc::PduType::Bind, 72, 1);
  Pipe one;
  for (size_t i = 0; i < bind.size(); ++i) {
    EXPECT_FALSE(one.pipe.complete());
    EXPECT_TRUE(one.pipe.unsent().empty());
    EXPECT_EQ(one.feed(std::span(bind).subspan(i, 1)), std::nullopt);
  }
  ASSERT_TRUE(one.pipe.complete());
  EXPECT_TRUE(one.pipe.room().empty()) << "nothing is read while a PDU waits";
  EXPECT_TRUE(std::ranges::equal(one.pipe.unsent(), bind));
}

TEST(PduPipe, WhatCameBeyondAPduIsTheNext) {
  auto first = pdu(dcerpc::PduType::Request, 100, 1);
  auto second = pdu(dcerpc::PduType::Request, 24, 2);
  auto both = first;
  both.insert(both.end(), second.begin(), second.end());
  both.push_back(5);  // and the first byte of a third
  Pipe one;
  ASSERT_EQ(one.feed(both), std::nullopt);
  one.pipe.sent(60);
  EXPECT_FALSE(one.pipe.all_sent());
  one.pipe.rewind();
  EXPECT_TRUE(std::ranges::equal(one.pipe.unsent(), first));
  one.pipe.sent(100);
  EXPECT_TRUE(one.pipe.all_sent());
  EXPECT_EQ(one.pipe.pop(), std::nullopt);
  ASSERT_TRUE(one.pipe.complete());
  EXPECT_TRUE(std::ranges::equal(one.pipe.unsent(), second));
  one.pipe.sent(24);
  EXPECT_EQ(one.pipe.pop(), std::nullopt);
  EXPECT_FALSE(one.pipe.complete());
  EXPECT_FALSE(one.pipe.empty());
  one.pipe.clear();
  EXPECT_TRUE(one.pipe.empty());
}

TEST(PduPipe, TheLargestFragmentFits) {
  Pipe one;
  ASSERT_EQ(one.feed(pdu(dcerpc::PduType::Request, dcerpc::kMaxFragment, 1)), std::nullopt);
  EXPECT_TRUE(one.pipe.complete());
}

TEST(PduPipe, ABadHeaderIsDroppedAsSoonAsItIsThere) {
  auto bad = pdu(dcerpc::PduType::Response, 72, 1);  // of the other side
  Pipe one;
  EXPECT_EQ(one.feed(std::span(bad).first(15)), std::nullopt);
  EXPECT_EQ(one.feed(std::span(bad).subspan(15, 1)), dcerpc::Drop::WrongDirection);

  auto good = pdu(dcerpc::PduType::Request, 24, 1);
  good.insert(good.end(), bad.begin(), bad.end());
  Pipe two;
  EXPECT_EQ(two.feed(good), std::nullopt);
  two.pipe.sent(24);
  EXPECT_EQ(two.pipe.pop(), dcerpc::Drop::WrongDirection);
}

}  // namespace
}  // namespace ck::gateway
