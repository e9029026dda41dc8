// SPDX-License-Identifier: MIT
#include "wire/sntp/message.h"

#include <gtest/gtest.h>

#include <vector>

namespace ck::sntp {
namespace {

// 2026-11-25T14:05:23.25Z and 2036-02-07T06:28:16Z, the first second of the next era.
constexpr Micros kMoment{1'795'615'523'250'000};
constexpr Micros kWrap{2'085'978'496'000'000};

// A server's answer as ntpd gives it: version 4, stratum 2, its reference 192.0.2.7.
std::vector<uint8_t> answer() {
  return {0x24, 0x02, 0x06, 0xe9, 0x00, 0x00, 0x80, 0x00, 0x00, 0x01, 0x40, 0x00, 192,  0,    2,    7,
          0xee, 0xae, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
          0xee, 0xb0, 0x6a, 0x23, 0x40, 0x00, 0x00, 0x00, 0xee, 0xb0, 0x6a, 0x23, 0x80, 0x00, 0x00, 0x00};
}

TEST(SntpMessage, AQuestionTellsNothingButItsNonce) {
  auto question = build_question(0x0102030405060708);
  EXPECT_EQ(question[0], 0x23);  // no leap warning, version 4, client
  for (size_t i = 1; i < 40; ++i) EXPECT_EQ(question[i], 0) << i;
  for (size_t i = 40; i < 48; ++i) EXPECT_EQ(question[i], i - 39) << i;
}

TEST(SntpMessage, AnAnswerIsRead) {
  auto message = parse_answer(answer());
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->leap, 0);
  EXPECT_EQ(message->version, 4);
  EXPECT_EQ(message->stratum, 2);
  EXPECT_EQ(message->root_delay, Micros(500'000));
  EXPECT_EQ(message->root_dispersion, Micros(1'250'000));
  EXPECT_EQ(message->reference, 0xc0000207u);
  EXPECT_EQ(message->origin, 0x0102030405060708u);
  EXPECT_EQ(message->transmit - message->receive, 0x40000000u);
}

TEST(SntpMessage, OfAnotherLengthModeOrVersionItIsDropped) {
  for (size_t size : {0u, 1u, 47u, 49u, 68u}) {
    std::vector<uint8_t> bytes = answer();
    bytes.resize(size);
    EXPECT_EQ(parse_answer(bytes).error(), Drop::Length) << size;
  }
  for (uint8_t first = 0; first < 64; ++first) {
    std::vector<uint8_t> bytes = answer();
    bytes[0] = first;
    uint8_t mode = first & 7;
    uint8_t version = first >> 3;
    auto message = parse_answer(bytes);
    if (mode != 4)
      EXPECT_EQ(message.error(), Drop::NotAServer) << int{first};
    else if (version != 3 && version != 4)
      EXPECT_EQ(message.error(), Drop::Version) << int{first};
    else
      EXPECT_TRUE(message.has_value()) << int{first};
  }
}

TEST(SntpTimestamp, IsTheMomentOfThisEra) {
  EXPECT_EQ(to_timestamp(Micros(0)), 2'208'988'800ull << 32);
  EXPECT_EQ(to_timestamp(kMoment) & 0xffffffff, 0x40000000u);
  EXPECT_EQ(to_utc(to_timestamp(kMoment), kMoment), kMoment);
}

TEST(SntpTimestamp, EveryMicrosecondSurvives) {
  for (int64_t micros = 0; micros < 1'000'000; micros += 37) {
    Micros moment = kMoment + Micros(micros);
    ASSERT_EQ(to_utc(to_timestamp(moment), kMoment), moment);
  }
}

TEST(SntpTimestamp, TheEraIsTheOneNearestToThePivot) {
  EXPECT_EQ(to_timestamp(kWrap) >> 32, 0u);
  EXPECT_EQ(to_timestamp(kWrap - Micros(1'000'000)) >> 32, 0xffffffffu);
  constexpr Micros kYear{31'557'600'000'000};
  for (int years : {-60, -10, -1, 0, 1, 10, 60}) {
    EXPECT_EQ(to_utc(to_timestamp(kWrap), kWrap + years * kYear), kWrap) << years;
    EXPECT_EQ(to_utc(to_timestamp(kMoment), kMoment + years * kYear), kMoment) << years;
  }
  // Half an era off it is another.
  EXPECT_EQ(to_utc(to_timestamp(kWrap), kWrap + 80 * kYear), kWrap + Micros((int64_t{1} << 32) * 1'000'000));
}

TEST(SntpMessage, KissCodesAreLetters) {
  EXPECT_EQ(letters_of(0x52415445), "RATE");
  EXPECT_EQ(letters_of(0x47505300), "GPS");
  EXPECT_EQ(letters_of(0x1b5b324a), "[2J");
}

}  // namespace
}  // namespace ck::sntp
