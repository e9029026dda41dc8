// SPDX-License-Identifier: MIT
#include "wire/dcerpc/body.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/rpc_bytes.h"
#include "wire/dcerpc/answer.h"

namespace ck::dcerpc {
namespace {

using test::ack;
using test::bind;
using test::BindOf;
using ByteVector = std::vector<uint8_t>;

Header header_of(const ByteVector& pdu, Direction direction) {
  auto header = parse_header(pdu, direction);
  EXPECT_TRUE(header);
  return header.value_or(Header{});
}

std::expected<Bind, Malformed> read_bind(const ByteVector& pdu) {
  return parse_bind(header_of(pdu, Direction::FromClient), pdu);
}

TEST(Syntax, TextAndUuidAreEachOthersInverse) {
  auto uuid = parse_uuid("51C82175-844e-4750-b0d8-ec255555bc06");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(*uuid, kKmsInterface.uuid);
  EXPECT_EQ(to_text(kKmsInterface), "51c82175-844e-4750-b0d8-ec255555bc06 v1.0");
  for (const char* bad : {"", "51c82175-844e-4750-b0d8-ec255555bc0", "51c82175-844e-4750-b0d8-ec255555bc060",
                          "51c82175x844e-4750-b0d8-ec255555bc06", "51c82175-844e-4750-b0d8-ec255555bc0g",
                          "{1c82175-844e-4750-b0d8-ec255555bc06}", "51c821758-44e-4750-b0d8-ec255555bc06"})
    EXPECT_FALSE(parse_uuid(bad)) << bad;
}

TEST(Syntax, OctetsOnTheWireFollowTheByteOrder) {
  std::array<uint8_t, kSyntaxIdSize> bytes{};
  ByteWriter little(bytes, ByteOrder::Little);
  write_syntax(kNdr, ByteOrder::Little, little);
  EXPECT_EQ(bytes[0], 0x04);  // 8a885d04, its last octet first
  EXPECT_EQ(bytes[8], 0x9f);
  EXPECT_EQ(bytes[16], 2);
  ByteWriter big(bytes, ByteOrder::Big);
  write_syntax(kNdr, ByteOrder::Big, big);
  EXPECT_EQ(bytes[0], 0x8a);
  EXPECT_EQ(bytes[8], 0x9f);
  EXPECT_EQ(bytes[19], 2);
}

TEST(Syntax, FeatureNegotiationIsKnownByItsPrefix) {
  SyntaxId features{*parse_uuid("6cb71c2c-9812-4540-0300-000000000000"), 1, 0};
  EXPECT_EQ(kind_of(features), TransferKind::Features);
  features.major = 2;
  EXPECT_EQ(kind_of(features), TransferKind::Unknown);
  EXPECT_EQ(kind_of(kNdr), TransferKind::Ndr);
  EXPECT_EQ(kind_of(kNdr64), TransferKind::Ndr64);
  EXPECT_EQ(kind_of(kKmsInterface), TransferKind::Unknown);
}

TEST(BindBody, IsReadInBothByteOrders) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    auto pdu = bind({.order = order, .group = 7, .contexts = {{.id = 3, .transfers = {kNdr, kNdr64}}}});
    auto parsed = read_bind(pdu);
    ASSERT_TRUE(parsed) << text_of(parsed.error());
    EXPECT_EQ(parsed->max_transmit, 5840);
    EXPECT_EQ(parsed->max_receive, 5840);
    EXPECT_EQ(parsed->association_group, 7u);
    ASSERT_EQ(parsed->contexts.size(), 1u);
    EXPECT_EQ(parsed->contexts[0].id, 3);
    EXPECT_EQ(parsed->contexts[0].abstract, kKmsInterface);
    ASSERT_EQ(parsed->contexts[0].transfers.size(), 2u);
    EXPECT_EQ(parsed->contexts[0].transfers[1], kNdr64);
  }
}

TEST(BindBody, OneContextIs72BytesAndThreeAre160) {
  EXPECT_EQ(bind({}).size(), 72u);
  EXPECT_EQ(bind({.contexts = {{.id = 0}, {.id = 1}, {.id = 2}}}).size(), 160u);
}

TEST(BindBody, EachCutIsFound) {
  auto whole = bind({.contexts = {{.id = 0, .transfers = {kNdr, kNdr64}}, {.id = 1}}});
  for (size_t size = least_size(PduType::Bind, 0); size < whole.size(); ++size) {
    auto cut = whole;
    cut.resize(size);
    test::set_length(cut, ByteOrder::Little);
    auto parsed = read_bind(cut);
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error(), Malformed::Truncated) << size;
  }
  whole.push_back(0);
  test::set_length(whole, ByteOrder::Little);
  EXPECT_EQ(read_bind(whole).error(), Malformed::TrailingBytes);
}

TEST(BindBody, CountsAreBounded) {
  EXPECT_EQ(read_bind(bind({.contexts = {}})).error(), Malformed::NoContext);
  EXPECT_EQ(read_bind(bind({.contexts = {{.transfers = {}}}})).error(), Malformed::NoTransfer);
  EXPECT_EQ(read_bind(bind({.contexts = {{.transfers = {kNdr, kNdr, kNdr, kNdr, kNdr}}}})).error(),
            Malformed::TooManyTransfers);
  BindOf many{.contexts = {}};
  for (uint16_t id = 0; id < kMaxContexts; ++id) many.contexts.push_back({.id = id});
  EXPECT_TRUE(read_bind(bind(many)));
  many.contexts.push_back({.id = 99});
  EXPECT_EQ(read_bind(bind(many)).error(), Malformed::TooManyContexts);
}

TEST(BindAckBody, IsReadWithAnyLengthOfItsAddress) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    for (size_t length = 0; length < 9; ++length) {
      auto pdu = ack({.order = order, .address = std::string(length, 'a'), .results = {{0, 0, kNdr}, {3, 3, {}}}});
      auto parsed = parse_bind_ack(header_of(pdu, Direction::FromServer), pdu);
      ASSERT_TRUE(parsed) << length;
      EXPECT_EQ(parsed->association_group, 0x5a5au);
      ASSERT_EQ(parsed->results.size(), 2u);
      EXPECT_EQ(parsed->results[0].transfer, kNdr);
      EXPECT_EQ(parsed->results[1].result, ContextResult::NegotiateAck);
      EXPECT_EQ(parsed->results[1].reason, 3);
    }
  }
}

TEST(BindAckBody, EachCutIsFoundAndTheAddressCannotReachBeyondTheEnd) {
  auto whole = ack({});
  for (size_t size = least_size(PduType::BindAck, 0); size < whole.size(); ++size) {
    auto cut = whole;
    cut.resize(size);
    test::set_length(cut, ByteOrder::Little);
    EXPECT_EQ(parse_bind_ack(header_of(cut, Direction::FromServer), cut).error(), Malformed::Truncated) << size;
  }
  whole[24] = whole[25] = 0xff;  // the length of its address
  EXPECT_EQ(parse_bind_ack(header_of(whole, Direction::FromServer), whole).error(), Malformed::Truncated);
  auto bad = ack({.results = {{4, 0, kNdr}}});
  EXPECT_EQ(parse_bind_ack(header_of(bad, Direction::FromServer), bad).error(), Malformed::Result);
}

TEST(CallBodies, AreRead) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    auto request = test::request({.order = order, .hint = 250, .context = 1, .opnum = 2, .stub = 250});
    auto read = parse_request(header_of(request, Direction::FromClient), request);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->alloc_hint, 250u);
    EXPECT_EQ(read->context, 1);
    EXPECT_EQ(read->opnum, 2);
    EXPECT_EQ(read->stub_size, 250);

    auto response = test::response({.order = order, .context = 9, .stub = 100});
    auto answer = parse_response(header_of(response, Direction::FromServer), response);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->context, 9);
    EXPECT_EQ(answer->stub_size, 100);
  }
}

TEST(CallBodies, AnObjectUuidIsNoStub) {
  auto with_object = test::request({.flags = kFirstFragment | kLastFragment | kObjectUuid, .stub = 40});
  EXPECT_EQ(parse_request(header_of(with_object, Direction::FromClient), with_object)->stub_size, 24);
}

TEST(Answers, AreWhatTheirReadersExpect) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    std::array<uint8_t, kMaxAnswer> buffer{};
    Bytes nak = write_bind_nak(NakReason::LocalLimit, order, 77, buffer);
    auto header = parse_header(nak, Direction::FromServer);
    ASSERT_TRUE(header);
    EXPECT_EQ(nak.size(), 24u);
    EXPECT_EQ(header->fragment_length, nak.size());
    EXPECT_EQ(header->type, PduType::BindNak);
    EXPECT_EQ(header->call_id, 77u);
    EXPECT_EQ(*parse_bind_nak(*header, nak), 2);

    for (Executed executed : {Executed::No, Executed::Maybe}) {
      Bytes fault = write_fault(Status::ServerTooBusy, executed, order, 78, buffer);
      header = parse_header(fault, Direction::FromServer);
      ASSERT_TRUE(header);
      EXPECT_EQ(header->fragment_length, fault.size());
      EXPECT_EQ(header->type, PduType::Fault);
      EXPECT_EQ((header->flags & kDidNotExecute) != 0, executed == Executed::No);
      EXPECT_EQ(parse_fault(*header, fault)->status, 0x1c010014u);
    }
  }
  std::array<uint8_t, kMaxAnswer - 10> small{};
  EXPECT_TRUE(write_bind_nak(NakReason::NotSpecified, ByteOrder::Little, 1, MutableBytes()).empty());
  EXPECT_TRUE(write_fault(Status::AccessDenied, Executed::No, ByteOrder::Little, 1, small).empty());
}

}  // namespace
}  // namespace ck::dcerpc
