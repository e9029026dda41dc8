// SPDX-License-Identifier: MIT
#include "wire/arp/packet.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace ck::arp {
namespace {

constexpr MacAddress kOwn{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
constexpr Ipv4Address kAddress{0xc000026b};

TEST(ArpPacket, AProbeOnTheWire) {
  std::array<uint8_t, kPacketSize> buffer;
  auto bytes = write_packet(probe(kOwn, kAddress), buffer);
  ASSERT_TRUE(bytes.has_value());
  const std::vector<uint8_t> expected = {0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0,   0x12, 0x34, 0x56,
                                         0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    192, 0,    2,    107};
  EXPECT_EQ(std::vector<uint8_t>(bytes->begin(), bytes->end()), expected);
}

TEST(ArpPacket, WhatIsWrittenIsRead) {
  for (const Packet& packet : {probe(kOwn, kAddress), announcement(kOwn, kAddress),
                               Packet{Operation::Reply, kOwn, kAddress, MacAddress{{2, 0, 0, 0, 0, 9}}, {1}}}) {
    std::array<uint8_t, 46> buffer{};  // with the padding of a frame
    ASSERT_TRUE(write_packet(packet, buffer).has_value());
    EXPECT_EQ(parse_packet(buffer), packet);
  }
}

TEST(ArpPacket, OtherPacketsAreDroppedWithTheReason) {
  std::array<uint8_t, kPacketSize> good;
  ASSERT_TRUE(write_packet(probe(kOwn, kAddress), good).has_value());
  for (size_t size = 0; size < kPacketSize; ++size)
    EXPECT_EQ(parse_packet(Bytes(good).first(size)).error(), Drop::Short) << size;
  struct Change {
    size_t at;
    uint8_t value;
    Drop drop;
  };
  for (const Change& change :
       {Change{1, 6, Drop::NotForUs}, Change{2, 0x86, Drop::NotForUs}, Change{4, 8, Drop::NotForUs},
        Change{5, 16, Drop::NotForUs}, Change{7, 3, Drop::Operation}, Change{7, 0, Drop::Operation}}) {
    auto bad = good;
    bad[change.at] = change.value;
    auto parsed = parse_packet(bad);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error(), change.drop);
    EXPECT_FALSE(name_of(parsed.error()).empty());
  }
}

TEST(ArpPacket, NeedsRoom) {
  std::array<uint8_t, kPacketSize - 1> buffer;
  EXPECT_FALSE(write_packet(probe(kOwn, kAddress), buffer).has_value());
}

}  // namespace
}  // namespace ck::arp
