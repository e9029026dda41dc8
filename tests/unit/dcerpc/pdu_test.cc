// SPDX-License-Identifier: MIT
#include "wire/dcerpc/pdu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace ck::dcerpc {
namespace {

std::vector<uint8_t> header(uint8_t type, uint16_t fragment, ByteOrder order, uint8_t flags = 3, uint16_t auth = 0) {
  std::vector<uint8_t> bytes(kHeaderSize);
  ByteWriter out(bytes, order);
  out.u8(5).u8(0).u8(type).u8(flags).u8(order == ByteOrder::Little ? 0x10 : 0).zeros(3);
  out.u16(fragment).u16(auth).u32(0x01020304);
  return bytes;
}

std::optional<Drop> verdict(Bytes bytes, Direction direction = Direction::FromClient) {
  auto parsed = parse_header(bytes, direction);
  if (parsed) return std::nullopt;
  return parsed.error();
}

TEST(PduHeader, IsReadInBothByteOrders) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    auto parsed = parse_header(header(11, 0x0120, order), Direction::FromClient);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, (Header{.minor_version = 0,
                               .type = PduType::Bind,
                               .flags = 3,
                               .order = order,
                               .fragment_length = 0x0120,
                               .call_id = 0x01020304}));
  }
}

TEST(PduHeader, FewerThanSixteenBytesAreTruncated) {
  auto bytes = header(11, 72, ByteOrder::Little);
  for (size_t length = 0; length < kHeaderSize; ++length)
    EXPECT_EQ(verdict(Bytes(bytes).first(length)), Drop::Truncated) << length;
  bytes.resize(40);  // more may follow
  EXPECT_EQ(verdict(bytes), std::nullopt);
}

TEST(PduHeader, VersionIsFiveZeroOrFiveOne) {
  for (unsigned major = 0; major < 256; ++major) {
    for (unsigned minor = 0; minor < 4; ++minor) {
      auto bytes = header(11, 72, ByteOrder::Little);
      bytes[0] = static_cast<uint8_t>(major);
      bytes[1] = static_cast<uint8_t>(minor);
      bool fine = major == 5 && minor <= 1;
      EXPECT_EQ(verdict(bytes), fine ? std::nullopt : std::optional(Drop::Version)) << major << '.' << minor;
    }
  }
}

TEST(PduHeader, EachTypeHasItsSender) {
  const std::vector<unsigned> client = {0, 11, 14, 16, 18, 19};
  const std::vector<unsigned> server = {2, 3, 12, 13, 15, 17};
  for (unsigned type = 0; type < 256; ++type) {
    auto bytes = header(static_cast<uint8_t>(type), 100, ByteOrder::Big);
    bool from_client = std::ranges::find(client, type) != client.end();
    bool from_server = std::ranges::find(server, type) != server.end();
    auto expected = [&](bool mine) -> std::optional<Drop> {
      if (!from_client && !from_server) return Drop::UnknownType;
      if (!mine) return Drop::WrongDirection;
      if (type == 16) return Drop::Authenticated;
      return std::nullopt;
    };
    EXPECT_EQ(verdict(bytes, Direction::FromClient), expected(from_client)) << type;
    EXPECT_EQ(verdict(bytes, Direction::FromServer), expected(from_server)) << type;
  }
}

struct Least {
  uint8_t type;
  uint8_t flags;
  uint16_t size;
  Direction direction;
};

TEST(PduHeader, LengthsAreBoundedByTypeAndByTheLargestFragment) {
  const Least cases[] = {
      {0, 3, 24, Direction::FromClient},  {0, 0x83, 40, Direction::FromClient}, {2, 3, 24, Direction::FromServer},
      {3, 3, 32, Direction::FromServer},  {11, 3, 28, Direction::FromClient},   {12, 3, 28, Direction::FromServer},
      {13, 3, 18, Direction::FromServer}, {14, 3, 28, Direction::FromClient},   {15, 3, 28, Direction::FromServer},
      {17, 3, 16, Direction::FromServer}, {18, 3, 16, Direction::FromClient},   {19, 3, 16, Direction::FromClient}};
  for (const Least& least : cases) {
    for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
      for (unsigned length = 0; length <= 41; ++length) {
        auto bytes = header(least.type, static_cast<uint16_t>(length), order, least.flags);
        EXPECT_EQ(verdict(bytes, least.direction), length < least.size ? std::optional(Drop::TooShort) : std::nullopt)
            << unsigned{least.type} << ' ' << length;
      }
      EXPECT_EQ(verdict(header(least.type, 5840, order, least.flags), least.direction), std::nullopt);
      for (unsigned length : {5841u, 5842u, 0x8000u, 0xffffu})
        EXPECT_EQ(verdict(header(least.type, static_cast<uint16_t>(length), order, least.flags), least.direction),
                  Drop::TooLong);
    }
  }
}

TEST(PduHeader, DataRepresentationIsWithinItsTables) {
  for (unsigned first = 0; first < 256; ++first) {
    auto bytes = header(11, 0x4848, ByteOrder::Big);
    bytes[8] = bytes[9] = 0;
    bytes[first >> 4 == 1 ? 8 : 9] = 72;
    bytes[4] = static_cast<uint8_t>(first);
    bool fine = first >> 4 <= 1 && (first & 15) <= 1;
    EXPECT_EQ(verdict(bytes), fine ? std::nullopt : std::optional(Drop::DataRepresentation)) << first;
  }
  for (size_t at : {5u, 6u, 7u}) {
    auto bytes = header(11, 72, ByteOrder::Little);
    bytes[at] = 4;
    EXPECT_EQ(verdict(bytes), Drop::DataRepresentation) << at;
  }
  auto vax = header(11, 72, ByteOrder::Little);
  vax[5] = 3;
  EXPECT_EQ(verdict(vax), std::nullopt);
}

TEST(PduHeader, AuthenticationIsRefused) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big})
    for (uint16_t auth : {uint16_t{1}, uint16_t{8}, uint16_t{0x0100}, uint16_t{0xffff}})
      EXPECT_EQ(verdict(header(11, 72, order, 3, auth)), Drop::Authenticated);
}

TEST(PduNames, AreThere) {
  EXPECT_EQ(name_of(PduType::BindAck), "bind_ack");
  EXPECT_EQ(name_of(PduType::AlterContextResponse), "alter_context_resp");
}

}  // namespace
}  // namespace ck::dcerpc
