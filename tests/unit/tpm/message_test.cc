// SPDX-License-Identifier: MIT
// The bytes of the expected commands were put together by hand from the TPM 2.0 Library, parts 2 and 3.
#include "wire/tpm2/message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ck::tpm2 {
namespace {

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  std::string digits;
  for (char c : text)
    if (c != ' ') digits += c;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}
std::vector<uint8_t> copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

constexpr std::string_view kPassword = "40000009 0000 00 0000";

TEST(Tpm2Message, CommandsAreTheLibrarysBytes) {
  CommandBuffer buffer;
  auto password = std::string(kPassword);
  EXPECT_EQ(copy(write_event_sequence_start(buffer)), from_hex("8001 0000000e 00000186 0000 0010"));
  EXPECT_EQ(copy(write_sequence_update(0x80000001, as_bytes("abc"), buffer)),
            from_hex("8002 00000020 0000015c 80000001 00000009" + password + "0003 616263"));
  EXPECT_EQ(copy(write_event_sequence_complete(12, 0x80000001, {}, buffer)),
            from_hex("8002 0000002a 00000185 0000000c 80000001 00000012" + password + password + "0000"));
  EXPECT_EQ(copy(write_flush_context(0x80000001, buffer)), from_hex("8001 0000000e 00000165 80000001"));
}

TEST(Tpm2Message, ThePieceOfACommandIsBounded) {
  CommandBuffer buffer;
  std::vector<uint8_t> data(kMostData + 1, 7);
  Bytes command = write_event_sequence_complete(12, 1, data, buffer);
  EXPECT_EQ(command.size(), 10 + 8 + 4 + 18 + 2 + kMostData);
  EXPECT_EQ(copy(command.subspan(2, 4)), from_hex("0000042a"));
}

TEST(Tpm2Message, TheHandleOfASequence) {
  EXPECT_EQ(*parse_sequence_handle(from_hex("8001 0000000e 00000000 80000002")), 0x80000002u);
  EXPECT_EQ(parse_sequence_handle(from_hex("8001 0000000a 00000000")).error().code, Code::Malformed);
  EXPECT_EQ(parse_sequence_handle(from_hex("8001 00000010 00000000 80000002 0000")).error().code, Code::Malformed);
}

TEST(Tpm2Message, DigestsOfEachBank) {
  std::string sha1(40, '1'), sha256(64, '2');
  auto reply = from_hex("8002 00000059 00000000 0000003c 00000002 0004" + sha1 + "000b" + sha256 +
                        "0000 00 0000 0000 00 0000 00");
  // The size is set to fit, as what follows the parameters does not matter.
  reply[5] = static_cast<uint8_t>(reply.size());
  auto digests = parse_digests(reply);
  ASSERT_TRUE(digests) << digests.error().what;
  ASSERT_EQ(digests->size(), 2u);
  EXPECT_EQ(bank_name((*digests)[0].algorithm), "sha1");
  EXPECT_EQ((*digests)[0].bytes.size(), 20u);
  EXPECT_EQ(bank_name((*digests)[1].algorithm), "sha256");
  EXPECT_EQ((*digests)[1].bytes.size(), 32u);
  EXPECT_EQ((*digests)[1].bytes[0], 0x22);
  for (size_t size = 0; size < reply.size(); ++size) {
    auto cut = std::vector<uint8_t>(reply.begin(), reply.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(parse_digests(cut)) << size;
  }
}

TEST(Tpm2Message, WhatIsNoListOfDigestsIsSaid) {
  struct Case {
    std::string_view why, parameters;
  };
  for (const Case& each : {Case{"an unknown bank", "00000001 7777 00"}, Case{"more than there are banks", "00000009"},
                           Case{"one that is cut", "00000001 000b 0000"}, Case{"something behind", "00000000 00"},
                           Case{"no count", "0000"}}) {
    auto reply = from_hex("8002 00000000 00000000 00000000" + std::string(each.parameters));
    reply[5] = static_cast<uint8_t>(reply.size());
    reply[13] = static_cast<uint8_t>(reply.size() - 14);
    EXPECT_EQ(parse_digests(reply).error().code, Code::Malformed) << each.why;
    reply[13]++;  // beyond the reply
    EXPECT_EQ(parse_digests(reply).error().code, Code::Malformed) << each.why;
  }
}

TEST(Tpm2Message, RefusalsAndOtherVersions) {
  auto refused = from_hex("8001 0000000a 000001c4");
  EXPECT_EQ(parse_reply(refused).error().code, Code::Denied);
  EXPECT_EQ(parse_digests(refused).error().code, Code::Denied);
  EXPECT_EQ(response_code(refused), 0x1c4u);
  EXPECT_EQ(response_code({}), 0u);
  // TPM 1.2: TPM_TAG_RSP_COMMAND, TPM_BADTAG.
  EXPECT_EQ(parse_sequence_handle(from_hex("00c4 0000000a 0000001e")).error().code, Code::Unsupported);
  EXPECT_EQ(parse_reply(from_hex("8002 0000000b 00000000")).error().code, Code::Malformed);
  EXPECT_EQ(parse_reply(from_hex("8001 0000000a 00000000")).error().code, Code::Malformed);
  EXPECT_EQ(parse_reply({}).error().code, Code::Malformed);
}

}  // namespace
}  // namespace ck::tpm2
