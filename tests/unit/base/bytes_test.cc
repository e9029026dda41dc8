// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace ck {
namespace {

constexpr uint8_t kData[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};

TEST(ByteReader, ReadsInTheOrderItWasGiven) {
  ByteReader big(kData, ByteOrder::Big);
  EXPECT_EQ(big.u16(), 0x0102);
  EXPECT_EQ(big.u32(), 0x03040506u);
  ByteReader little(kData, ByteOrder::Little);
  EXPECT_EQ(little.u16(), 0x0201);
  EXPECT_EQ(little.u32(), 0x06050403u);
  ByteReader wide(kData, ByteOrder::Little);
  EXPECT_EQ(wide.u64(), 0x0807060504030201u);
}

TEST(ByteReader, ConsumesNothingWhenTooLittleRemains) {
  for (size_t length = 0; length <= 8; ++length) {
    Bytes bytes(kData, length);
    EXPECT_EQ(ByteReader(bytes).u8().has_value(), length >= 1);
    EXPECT_EQ(ByteReader(bytes).u16().has_value(), length >= 2);
    EXPECT_EQ(ByteReader(bytes).u32().has_value(), length >= 4);
    EXPECT_EQ(ByteReader(bytes).u64().has_value(), length >= 8);
    ByteReader reader(bytes);
    (void)reader.take(length + 1);
    EXPECT_EQ(reader.remaining(), length);
  }
}

TEST(ByteReader, TakeSkipAndRestAgreeOnThePosition) {
  ByteReader reader(kData);
  ASSERT_TRUE(reader.skip(2));
  auto part = reader.take(3);
  ASSERT_TRUE(part);
  EXPECT_EQ((*part)[0], 3);
  EXPECT_EQ(reader.position(), 5u);
  EXPECT_EQ(reader.rest().size(), 4u);
  auto four = reader.array<4>();
  ASSERT_TRUE(four);
  EXPECT_EQ((*four)[3], 9);
  EXPECT_TRUE(reader.empty());
  EXPECT_FALSE(reader.skip(1));
}

TEST(ByteWriter, WritesBothOrdersAndPatches) {
  uint8_t buffer[16];
  ByteWriter writer(buffer);
  writer.u16(0).u32(0x0a0b0c0d).u8(7).zeros(2).text("xy");
  writer.patch_u16(0, 0x1234);
  ASSERT_TRUE(writer.ok());
  const uint8_t expected[] = {0x12, 0x34, 0x0a, 0x0b, 0x0c, 0x0d, 7, 0, 0, 'x', 'y'};
  ASSERT_EQ(writer.size(), sizeof(expected));
  EXPECT_TRUE(std::equal(writer.written().begin(), writer.written().end(), expected));

  ByteWriter little(buffer, ByteOrder::Little);
  little.u32(0x0a0b0c0d);
  EXPECT_EQ(buffer[0], 0x0d);
}

TEST(ByteWriter, StaysFailedOnceSomethingDidNotFit) {
  uint8_t buffer[4] = {};
  ByteWriter writer(buffer);
  writer.u16(1).u32(2);
  EXPECT_FALSE(writer.ok());
  writer.u8(3);  // would fit, but what came before is missing
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.size(), 2u);
}

TEST(ByteWriter, PatchingBeyondWhatWasWrittenFails) {
  uint8_t buffer[8];
  ByteWriter writer(buffer);
  writer.u16(1);
  writer.patch_u16(1, 5);
  EXPECT_FALSE(writer.ok());
}

}  // namespace
}  // namespace ck
