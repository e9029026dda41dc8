// SPDX-License-Identifier: MIT
#include "wire/ethernet/udp4.h"

#include <gtest/gtest.h>

#include <vector>

namespace ck::ethernet {
namespace {

using ByteVector = std::vector<uint8_t>;

const ByteVector kPayload = {'h', 'e', 'l', 'l', 'o'};

UdpDatagram datagram() {
  return {.source = {0xc0000201},
          .destination = {0xffffffff},
          .source_port = 67,
          .destination_port = 68,
          .payload = kPayload};
}

ByteVector packet() {
  ByteVector buffer(100);
  auto bytes = write_udp4(datagram(), buffer);
  EXPECT_TRUE(bytes.has_value());
  buffer.resize(bytes->size());
  return buffer;
}

void fix_ip_checksum(ByteVector& bytes) {
  bytes[10] = bytes[11] = 0;
  uint16_t sum = finish_checksum(add_to_checksum(0, Bytes(bytes).first((bytes[0] & 0xf) * 4u)));
  bytes[10] = static_cast<uint8_t>(sum >> 8);
  bytes[11] = static_cast<uint8_t>(sum);
}

TEST(Udp4, ChecksumOfRfc1071) {
  const ByteVector data = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};  // its example: sum ddf2
  EXPECT_EQ(finish_checksum(add_to_checksum(0, data)), static_cast<uint16_t>(~0xddf2));
}

TEST(Udp4, RoundTrip) {
  auto read = parse_udp4(packet(), UdpChecksum::Finished);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->source, Ipv4Address{0xc0000201});
  EXPECT_EQ(read->destination, Ipv4Address{0xffffffff});
  EXPECT_EQ(read->source_port, 67);
  EXPECT_EQ(read->destination_port, 68);
}

TEST(Udp4, PaddingAfterThePacketIsIgnored) {
  ByteVector bytes = packet();
  bytes.resize(46);
  auto read = parse_udp4(bytes, UdpChecksum::Finished);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->payload.size(), kPayload.size());
}

TEST(Udp4, EveryFlippedByteIsNoticedOrHarmless) {
  ByteVector whole = packet();
  for (size_t i = 0; i < whole.size(); ++i) {
    ByteVector bytes = whole;
    bytes[i] ^= 0x5a;
    EXPECT_FALSE(parse_udp4(bytes, UdpChecksum::Finished).has_value()) << i;
  }
}

TEST(Udp4, EveryCutIsDropped) {
  ByteVector whole = packet();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_udp4(Bytes(whole).first(size), UdpChecksum::Finished).has_value()) << size;
}

TEST(Udp4, ZeroChecksumMeansNone) {
  ByteVector bytes = packet();
  bytes[26] = bytes[27] = 0;
  EXPECT_TRUE(parse_udp4(bytes, UdpChecksum::Finished).has_value());
}

TEST(Udp4, UnfinishedChecksumIsNotLookedAt) {
  ByteVector bytes = packet();
  bytes[26] ^= 1;
  EXPECT_EQ(parse_udp4(bytes, UdpChecksum::Finished).error(), Drop::BadUdpChecksum);
  EXPECT_TRUE(parse_udp4(bytes, UdpChecksum::Unfinished).has_value());
}

struct Case {
  size_t at;
  uint8_t value;
  Drop drop;
};

TEST(Udp4, DropReasons) {
  constexpr Case kCases[] = {
      {0, 0x65, Drop::NotIpv4},  {0, 0x44, Drop::BadLength}, {6, 0x20, Drop::Fragment},
      {7, 1, Drop::Fragment},    {9, 6, Drop::NotUdp},       {3, 27, Drop::BadLength},
      {3, 200, Drop::BadLength}, {25, 7, Drop::BadLength},   {25, 200, Drop::BadLength},
  };
  for (const Case& test : kCases) {
    ByteVector bytes = packet();
    bytes[test.at] = test.value;
    if ((bytes[0] & 0xf) >= 5) fix_ip_checksum(bytes);
    auto read = parse_udp4(bytes, UdpChecksum::Finished);
    ASSERT_FALSE(read.has_value()) << test.at;
    EXPECT_EQ(read.error(), test.drop) << test.at << " " << name_of(read.error());
  }
}

TEST(Udp4, HeaderOptionsAreSkipped) {
  ByteVector bytes = packet();
  bytes.insert(bytes.begin() + 20, {1, 1, 1, 1});
  bytes[0] = 0x46;
  bytes[3] = static_cast<uint8_t>(bytes[3] + 4);
  fix_ip_checksum(bytes);
  EXPECT_TRUE(parse_udp4(bytes, UdpChecksum::Finished).has_value());
}

TEST(Udp4, TooSmallABufferIsAnError) {
  ByteVector buffer(32);
  EXPECT_FALSE(write_udp4(datagram(), buffer).has_value());
}

}  // namespace
}  // namespace ck::ethernet
