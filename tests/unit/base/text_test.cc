// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/fixed.h"
#include "base/random.h"
#include "base/result.h"

namespace ck {
namespace {

TEST(TextWriter, BuildsNumbersPaddingAndHex) {
  char buffer[64];
  TextWriter out(buffer);
  out.number(0)
      .put(' ')
      .number(7, 3, '0')
      .put(' ')
      .signed_number(-12)
      .put(' ')
      .hex(0xbeef, 6)
      .put('|')
      .padded("ab", 4)
      .put('|');
  EXPECT_EQ(out.view(), "0 007 -12 00beef|ab  |");
  out.clear();
  out.number(UINT64_MAX).put(' ').signed_number(INT64_MIN);
  EXPECT_EQ(out.view(), "18446744073709551615 -9223372036854775808");
}

TEST(TextWriter, CutsAtTheEndAndSaysSo) {
  char buffer[4];
  TextWriter out(buffer);
  out.put("abc");
  EXPECT_FALSE(out.truncated());
  out.put("de");
  EXPECT_TRUE(out.truncated());
  EXPECT_EQ(out.view(), "abcd");
}

TEST(ParseNumber, TakesWholeDecimalTextOnly) {
  EXPECT_EQ(parse_u64("18446744073709551615"), UINT64_MAX);
  EXPECT_FALSE(parse_u64("18446744073709551616"));
  EXPECT_FALSE(parse_u64(""));
  EXPECT_FALSE(parse_u64("+1"));
  EXPECT_FALSE(parse_u64("1 "));
  EXPECT_FALSE(parse_u64("0x10"));
  EXPECT_EQ(parse_u32("4294967295"), UINT32_MAX);
  EXPECT_FALSE(parse_u32("4294967296"));
  EXPECT_EQ(parse_u16("65535"), 65535);
  EXPECT_FALSE(parse_u16("65536"));
}

TEST(Splitter, ReturnsEmptyFieldsToo) {
  std::vector<std::string> fields;
  for (Splitter splitter("a,,b,", ','); auto field = splitter.next();) fields.emplace_back(*field);
  EXPECT_EQ(fields, (std::vector<std::string>{"a", "", "b", ""}));
}

TEST(Trim, TakesBlanksOffBothSides) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(FixedVector, RefusesWhatDoesNotFitAndKeepsOrder) {
  FixedVector<int, 3> values;
  EXPECT_TRUE(values.push_back(1));
  EXPECT_TRUE(values.push_back(2));
  EXPECT_TRUE(values.push_back(3));
  EXPECT_FALSE(values.push_back(4));
  values.erase(0);
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0], 2);
  EXPECT_EQ(values.back(), 3);
  values.erase(9);
  EXPECT_EQ(values.size(), 2u);
}

TEST(FixedVectorDeathTest, TrapsOutOfBounds) {
  FixedVector<int, 3> values;
  EXPECT_DEATH((void)values[0], "");
}

TEST(FixedString, CutsAndSaysSo) {
  FixedString<4> text("abc");
  EXPECT_TRUE(text.append('d'));
  EXPECT_FALSE(text.append("ef"));
  EXPECT_EQ(text, std::string_view("abcd"));
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Code::OutOfRange, "odd");
  return value / 2;
}
Result<int> quarter(int value) { return half(CK_TRY(half(value))); }

TEST(Result, TryHandsTheErrorOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().code, Code::OutOfRange);
  EXPECT_STREQ(quarter(5).error().what, "odd");
}

TEST(SeededRandom, RepeatsAndStaysInItsBounds) {
  SeededRandom first(1);
  SeededRandom second(1);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(first.next(), second.next());
    EXPECT_LT(first.below(7), 7u);
    int64_t value = first.between(-3, 3);
    EXPECT_GE(value, -3);
    EXPECT_LE(value, 3);
    (void)second.next();
    (void)second.next();
  }
  EXPECT_EQ(first.below(0), 0u);
}

}  // namespace
}  // namespace ck
