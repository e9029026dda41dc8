// SPDX-License-Identifier: MIT
#include "wire/dns/message.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace ck::dns {
namespace {

// A message is put together byte by byte here, so that nothing of the parser's view gets into its tests.
struct Message {
  std::vector<uint8_t> bytes;
  Message& u8(unsigned value) {
    bytes.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Message& u16(unsigned value) { return u8(value >> 8).u8(value & 255); }
  Message& u32(uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }
  Message& labels(std::initializer_list<std::string_view> parts) {
    for (std::string_view part : parts) {
      u8(static_cast<unsigned>(part.size()));
      for (char character : part) u8(static_cast<uint8_t>(character));
    }
    return *this;
  }
  Message& pointer(unsigned to) { return u16(0xc000 | to); }
  // Type, class, TTL and length of a record.
  Message& record(unsigned type, uint32_t ttl, unsigned length, unsigned in = 1) {
    return u16(type).u16(in).u32(ttl).u16(length);
  }
  Message& header(unsigned flags, unsigned answers, unsigned authorities = 0, unsigned additionals = 0) {
    return u16(0x1234).u16(flags).u16(1).u16(answers).u16(authorities).u16(additionals);
  }
  Message& question(unsigned type) { return labels({"KMS", "example", "org"}).u8(0).u16(type).u16(1); }
};

constexpr unsigned kNameAt = 12;  // of the question, for pointers

Question asked(Type type) { return {.id = 0x1234, .name = "kms.example.org", .type = type}; }

std::optional<Drop> parse(const Message& message, Type type, Response& response) {
  return parse_response(message.bytes, asked(type), response);
}

TEST(DnsName, IsCheckedAndLowered) {
  EXPECT_EQ(parse_name("KMS1.Example.ORG.")->view(), "kms1.example.org");
  EXPECT_EQ(parse_name("_vlmcs._tcp.example.org")->view(), "_vlmcs._tcp.example.org");
  for (const char* bad : {"", ".", "..", "a..b", ".a", "a b", "a/b", "\xc3\xa4.org", "a\n", "*"})
    EXPECT_FALSE(parse_name(bad)) << bad;
  EXPECT_TRUE(parse_name(std::string(63, 'a')));
  EXPECT_FALSE(parse_name(std::string(64, 'a')));
  std::string longest;
  while (longest.size() < 252) longest += "ab.";
  longest.resize(253, 'c');
  EXPECT_TRUE(parse_name(longest));
  EXPECT_FALSE(parse_name(longest + "d"));
}

TEST(DnsQuery, IsWrittenAsTheRfcSays) {
  uint8_t buffer[kMaxQuery];
  auto query = build_query({.id = 0xabcd, .name = "a.bc", .type = Type::Srv}, Edns::No, buffer);
  ASSERT_TRUE(query);
  const std::vector<uint8_t> expected = {0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 2, 'b', 'c', 0, 0, 33, 0, 1};
  EXPECT_EQ(std::vector<uint8_t>(query->begin(), query->end()), expected);

  auto with_edns = build_query({.id = 0xabcd, .name = "a.bc", .type = Type::Srv}, Edns::Yes, buffer);
  ASSERT_TRUE(with_edns);
  std::vector<uint8_t> tail(with_edns->begin() + 22, with_edns->end());
  EXPECT_EQ(tail, (std::vector<uint8_t>{0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ((*with_edns)[11], 1);

  EXPECT_FALSE(build_query({.id = 1, .name = "", .type = Type::A}, Edns::No, buffer));
  EXPECT_FALSE(build_query({.id = 1, .name = "a.bc", .type = Type::A}, Edns::No, MutableBytes(buffer).first(21)));
}

TEST(DnsQuery, TheLongestNameFitsTheLargestQuery) {
  std::string longest;
  while (longest.size() < 252) longest += "ab.";
  longest.resize(253, 'c');
  uint8_t buffer[kMaxQuery];
  EXPECT_TRUE(build_query({.id = 1, .name = longest.c_str(), .type = Type::A}, Edns::Yes, buffer));
}

TEST(DnsQuery, CapitalsAreWrittenWhereTheyWereDrawn) {
  uint8_t buffer[kMaxQuery];
  Question question{.id = 1, .name = "ab-1.cd", .type = Type::A, .capitals = 0b1011110};
  auto query = build_query(question, Edns::No, buffer);
  ASSERT_TRUE(query);
  EXPECT_EQ(as_text(query->subspan(12, 9)), std::string_view("\4aB-1\2cD\0", 9));

  question.name = Name(std::string(63, 'a') + ".bb.cc");
  question.capitals = 1;
  query = build_query(question, Edns::No, buffer);
  ASSERT_TRUE(query);
  EXPECT_EQ(as_text(query->subspan(13, 63)), "A" + std::string(62, 'a'));
  EXPECT_EQ(as_text(query->subspan(77, 2)), "Bb") << "the bits begin anew after 64 characters, dots counted";
}

TEST(DnsResponse, MustSpellTheQuestionAsItWasSent) {
  Response response;
  Message message;
  message.header(0x8180, 0).question(1);  // "KMS.example.org"
  Question question = asked(Type::A);
  question.capitals = 0b111;
  EXPECT_EQ(parse_response(message.bytes, question, response), std::nullopt);
  question.capitals = 0b1111;
  EXPECT_EQ(parse_response(message.bytes, question, response), std::nullopt) << "a dot has no case";
  for (uint64_t capitals : {0b110u, 0b101u, 0b10111u, 0b1000u, 1u << 14}) {
    question.capitals = capitals;
    EXPECT_EQ(parse_response(message.bytes, question, response), Drop::OtherCase) << capitals;
  }
  question.capitals = 0;
  EXPECT_EQ(parse_response(message.bytes, question, response), std::nullopt);
  question.name = "kms.example.com";
  question.capitals = 0b111;
  EXPECT_EQ(parse_response(message.bytes, question, response), Drop::OtherQuestion);
}

TEST(DnsResponse, SrvAndGlueAreRead) {
  Message message;
  message.header(0x8180, 2, 1, 3).question(33);
  message.pointer(kNameAt).record(33, 300, 19).u16(10).u16(5).u16(1688);
  message.labels({"host-1"}).u8(4).labels({}).bytes.pop_back();
  message.labels({"site"}).u8(0);
  message.pointer(kNameAt).record(33, 60, 7).u16(20).u16(0).u16(1688).u8(0);  // "."
  message.pointer(kNameAt).record(2, 300, 2).pointer(kNameAt);                // NS in the authority section
  message.labels({"HOST-1", "site"}).u8(0).record(1, 30, 4).u32(0xc0000201);
  message.labels({"host-1", "site"}).u8(0).record(28, 0x80000000, 16).u32(0x20010db8).u32(0).u32(0).u32(7);
  message.u8(0).record(41, 0, 0, 1232);  // EDNS
  Response response;
  ASSERT_EQ(parse(message, Type::Srv, response), std::nullopt);
  ASSERT_EQ(response.records.size(), 4u);
  const Record& srv = response.records[0];
  EXPECT_EQ(srv.owner.view(), "kms.example.org");
  EXPECT_EQ(srv.target.view(), "host-1.site");
  EXPECT_EQ(srv.priority, 10);
  EXPECT_EQ(srv.weight, 5);
  EXPECT_EQ(srv.port, 1688);
  EXPECT_EQ(srv.ttl, 300u);
  EXPECT_FALSE(srv.additional);
  EXPECT_TRUE(response.records[1].target.empty());
  EXPECT_EQ(response.records[2].owner.view(), "host-1.site");
  EXPECT_EQ(to_text(response.records[2].address).view(), "192.0.2.1");
  EXPECT_TRUE(response.records[2].additional);
  EXPECT_EQ(to_text(response.records[3].address).view(), "2001:db8::7");
  EXPECT_EQ(response.records[3].ttl, 0u) << "RFC 2181 8: the top bit set means zero";
}

TEST(DnsResponse, HowLongThereIsNoRecordIsTheLesserOfTheSoaAndItsMinimum) {
  auto answer = [](uint32_t ttl, uint32_t minimum, unsigned surplus = 0) {
    Message message;
    message.header(0x8183, 0, 1).question(1).pointer(kNameAt + 4).record(6, ttl, 26 + surplus);
    message.pointer(kNameAt).labels({"!"}).pointer(kNameAt).u32(1).u32(2).u32(3).u32(4).u32(minimum);
    for (unsigned i = 0; i < surplus; ++i) message.u8(0);
    return message;
  };
  Response response;
  ASSERT_EQ(parse(answer(300, 60), Type::A, response), std::nullopt);
  EXPECT_EQ(response.negative_ttl, 60u);
  ASSERT_EQ(parse(answer(30, 60), Type::A, response), std::nullopt);
  EXPECT_EQ(response.negative_ttl, 30u);
  ASSERT_EQ(parse(answer(300, 0x80000000), Type::A, response), std::nullopt);
  EXPECT_EQ(response.negative_ttl, 0u);
  EXPECT_EQ(parse(answer(300, 60, 1), Type::A, response), Drop::BadLength);

  Message without;
  without.header(0x8183, 0).question(1);
  ASSERT_EQ(parse(without, Type::A, response), std::nullopt);
  EXPECT_EQ(response.negative_ttl, std::nullopt) << "nothing is left of the response before";

  auto cut = answer(300, 60);
  for (size_t length = 0; length < cut.bytes.size(); ++length)
    EXPECT_NE(parse_response(Bytes(cut.bytes).first(length), asked(Type::A), response), std::nullopt) << length;
}

TEST(DnsResponse, CodesAndTruncationAreTold) {
  const ResponseCode codes[] = {ResponseCode::Ok,         ResponseCode::FormatError,    ResponseCode::ServerFailure,
                                ResponseCode::NoSuchName, ResponseCode::NotImplemented, ResponseCode::Refused,
                                ResponseCode::Other};
  for (unsigned code = 0; code < 16; ++code) {
    Message message;
    message.header(0x8180 | code, 0).question(1);
    Response response;
    ASSERT_EQ(parse(message, Type::A, response), std::nullopt);
    EXPECT_EQ(response.code, codes[std::min(code, 6u)]);
    EXPECT_FALSE(response.truncated);
  }
  Message cut;
  cut.header(0x8380, 5).question(1).pointer(kNameAt).record(1, 9, 4).u32(0xc0000202);
  Response response;
  ASSERT_EQ(parse(cut, Type::A, response), std::nullopt);
  EXPECT_TRUE(response.truncated);
  EXPECT_EQ(response.records.size(), 1u);
}

TEST(DnsResponse, OnlyTheAnswerToOurQuestionCounts) {
  Response response;
  Message good;
  good.header(0x8180, 0).question(1);
  EXPECT_EQ(parse_response(good.bytes, {.id = 0x1235, .name = "kms.example.org", .type = Type::A}, response),
            Drop::OtherId);
  EXPECT_EQ(parse_response(good.bytes, {.id = 0x1234, .name = "kms.example.com", .type = Type::A}, response),
            Drop::OtherQuestion);
  EXPECT_EQ(parse(good, Type::Aaaa, response), Drop::OtherQuestion);
  Message query;
  query.header(0x0180, 0).question(1);
  EXPECT_EQ(parse(query, Type::A, response), Drop::NotAResponse);
  Message notify;
  notify.header(0xa180, 0).question(1);
  EXPECT_EQ(parse(notify, Type::A, response), Drop::NotAResponse);
  Message chaos;
  chaos.header(0x8180, 0).labels({"kms", "example", "org"}).u8(0).u16(1).u16(3);
  EXPECT_EQ(parse(chaos, Type::A, response), Drop::OtherQuestion);
  Message none;
  none.u16(0x1234).u16(0x8180).u16(0).u16(0).u16(0).u16(0);
  EXPECT_EQ(parse(none, Type::A, response), Drop::OtherQuestion);
}

TEST(DnsResponse, EveryCutIsDropped) {
  Message message;
  message.header(0x8180, 2, 0, 1).question(33);
  message.pointer(kNameAt).record(33, 300, 8).u16(10).u16(5).u16(1688).pointer(kNameAt);
  message.pointer(kNameAt).record(5, 300, 2).pointer(kNameAt);
  message.pointer(kNameAt).record(1, 30, 4).u32(0xc0000201);
  Response response;
  ASSERT_EQ(parse(message, Type::Srv, response), std::nullopt);
  ASSERT_EQ(response.records.size(), 3u);
  for (size_t length = 0; length < message.bytes.size(); ++length) {
    std::vector<uint8_t> cut(message.bytes.begin(), message.bytes.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_NE(parse_response(cut, asked(Type::Srv), response), std::nullopt) << length;
  }
}

TEST(DnsResponse, PointersOnlyLeadBack) {
  Response response;
  auto with_target = [&](auto write) {
    Message message;
    message.header(0x8180, 1).question(5);
    message.pointer(kNameAt);
    Message data;
    write(data, static_cast<unsigned>(message.bytes.size()) + 10);
    message.record(5, 1, static_cast<unsigned>(data.bytes.size()));
    message.bytes.insert(message.bytes.end(), data.bytes.begin(), data.bytes.end());
    return parse(message, Type::Cname, response);
  };
  EXPECT_EQ(with_target([](Message& m, unsigned) { m.labels({"a"}).pointer(kNameAt); }), std::nullopt);
  EXPECT_EQ(response.records[0].target.view(), "a.kms.example.org");
  EXPECT_EQ(with_target([](Message& m, unsigned here) { m.pointer(here); }), Drop::BadName) << "to itself";
  EXPECT_EQ(with_target([](Message& m, unsigned here) { m.labels({"a"}).pointer(here); }), Drop::BadName) << "a loop";
  EXPECT_EQ(with_target([](Message& m, unsigned here) { m.pointer(here + 2).u8(0); }), Drop::BadName) << "forward";
  EXPECT_EQ(with_target([](Message& m, unsigned here) { m.labels({"a"}).u8(0).pointer(here); }), Drop::BadLength);
  EXPECT_EQ(with_target([](Message& m, unsigned) { m.u8(0x80).u8(0); }), Drop::BadName) << "reserved label type";
}

TEST(DnsResponse, ALoopOfTwoPointersEnds) {
  // The owner's name points into the data of the record before, which points back to it.
  Message message;
  message.header(0x8180, 2).question(1);
  message.pointer(kNameAt).record(16, 1, 2);  // TXT: passed over, but its bytes are there to be pointed to
  unsigned inner = static_cast<unsigned>(message.bytes.size());
  message.pointer(inner + 2).pointer(inner).record(1, 1, 4).u32(1);
  Response response;
  EXPECT_EQ(parse(message, Type::A, response), Drop::BadName);
}

TEST(DnsResponse, NamesAreBounded) {
  // Labels of 63 characters, each record's name one label more on the one before.
  Message message;
  message.header(0x8180, 5).question(5);
  std::string label(63, 'x');
  unsigned before = kNameAt;
  Response response;
  for (unsigned i = 0; i < 5; ++i) {
    message.pointer(kNameAt).record(5, 1, 66);
    unsigned here = static_cast<unsigned>(message.bytes.size());
    message.labels({label}).pointer(before);
    before = here;
  }
  EXPECT_EQ(parse(message, Type::Cname, response), Drop::BadName);
}

TEST(DnsResponse, OddCharactersAndLengthsAreDropped) {
  Response response;
  Message blank;
  blank.header(0x8180, 1).question(5).pointer(kNameAt).record(5, 1, 5).labels({"a b"}).u8(0);
  EXPECT_EQ(parse(blank, Type::Cname, response), Drop::BadCharacter);
  for (unsigned length : {0u, 3u, 5u, 16u}) {
    Message address;
    address.header(0x8180, 1).question(1).pointer(kNameAt).record(1, 1, length);
    for (unsigned i = 0; i < length; ++i) address.u8(1);
    EXPECT_EQ(parse(address, Type::A, response), Drop::BadLength) << length;
  }
  for (unsigned length : {0u, 4u, 15u, 17u}) {
    Message address;
    address.header(0x8180, 1).question(28).pointer(kNameAt).record(28, 1, length);
    for (unsigned i = 0; i < length; ++i) address.u8(1);
    EXPECT_EQ(parse(address, Type::Aaaa, response), Drop::BadLength) << length;
  }
  Message other_class;
  other_class.header(0x8180, 1).question(1).pointer(kNameAt).record(1, 1, 3, 3).u8(1).u16(1);
  EXPECT_EQ(parse(other_class, Type::A, response), std::nullopt) << "another class is passed over";
  EXPECT_TRUE(response.records.empty());
}

TEST(DnsResponse, MoreRecordsThanThereIsRoomForAreLeftOut) {
  Message message;
  message.header(0x8180, 90).question(1);
  for (uint32_t i = 0; i < 90; ++i) message.pointer(kNameAt).record(1, 1, 4).u32(i);
  Response response;
  ASSERT_EQ(parse(message, Type::A, response), std::nullopt);
  EXPECT_EQ(response.records.size(), kMaxRecords);
}

}  // namespace
}  // namespace ck::dns
