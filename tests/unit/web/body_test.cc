// SPDX-License-Identifier: MIT
#include "engine/web/body.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ck::web {
namespace {

struct Made {
  std::unique_ptr<char[]> buffer;
  Body body;
  explicit Made(size_t size, size_t reserve = 0)
      : buffer(std::make_unique<char[]>(size)), body({buffer.get(), size}, reserve) {}
};

std::string html(std::string_view text) { return std::string(Made(4096).body.put_html(text).view()); }
std::string json(std::string_view text) {
  Made made(4096);
  return std::string(made.body.put_json(text).view());
}
std::string label(std::string_view text) {
  Made made(4096);
  return std::string(made.body.put_label(text).view());
}

constexpr const char* kReplaced = "\xef\xbf\xbd";

TEST(WebBody, HtmlHasNoTagAndNoQuoteOfOthers) {
  EXPECT_EQ(html("<script>alert('x')</script>"), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  EXPECT_EQ(html("\" onload=\"x"), "&#34; onload=&#34;x");
  EXPECT_EQ(html("a&amp;b"), "a&amp;amp;b");
  EXPECT_EQ(html("kms.example.org"), "kms.example.org");
  EXPECT_EQ(html("caf\xc3\xa9 \xf0\x9f\x98\x80"), "caf\xc3\xa9 \xf0\x9f\x98\x80");
}

TEST(WebBody, HtmlHasNoCharacterThatDeceives) {
  for (const char* text :
       {"\x01", "\n", "\x7f", "\xc2\x85", "\xe2\x80\xae", "\xe2\x80\x8b", "\xe2\x81\xa6", "\xef\xbb\xbf"})
    EXPECT_EQ(html(text), kReplaced) << text;
}

TEST(WebBody, WhatIsNoUtf8IsReplaced) {
  // Lone and missing continuations, overlong forms, surrogates, beyond U+10FFFF.
  EXPECT_EQ(html("\x80"), kReplaced);
  EXPECT_EQ(html("\xc3"), kReplaced);
  EXPECT_EQ(html("\xc3("), std::string(kReplaced) + "(");
  EXPECT_EQ(html("\xc0\xbc"), std::string(kReplaced) + kReplaced);
  EXPECT_EQ(html("\xe0\x80\xbc"), std::string(kReplaced) + kReplaced + kReplaced);
  EXPECT_EQ(html("\xed\xa0\x80"), std::string(kReplaced) + kReplaced + kReplaced);
  EXPECT_EQ(html("\xf4\x90\x80\x80"), std::string(kReplaced) + kReplaced + kReplaced + kReplaced);
  EXPECT_EQ(html("\xff<"), std::string(kReplaced) + "&lt;");
}

TEST(WebBody, JsonStringsStayStrings) {
  EXPECT_EQ(json("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(json("\n\t\x01\x7f"), "\\u000a\\u0009\\u0001\\u007f");
  EXPECT_EQ(json("</script>"), "\\u003c/script>");
  EXPECT_EQ(json("\xff\xc3\xa9"), std::string(kReplaced) + "\xc3\xa9");
}

TEST(WebBody, LabelValuesStayValues) {
  EXPECT_EQ(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  EXPECT_EQ(label("\r\xff"), std::string(kReplaced) + kReplaced);
}

TEST(WebBody, ScalesWithoutRounding) {
  auto scaled = [](int64_t value, unsigned digits) {
    Made made(64);
    return std::string(made.body.scaled(value, digits).view());
  };
  EXPECT_EQ(scaled(0, 3), "0");
  EXPECT_EQ(scaled(1250, 3), "1.25");
  EXPECT_EQ(scaled(-5, 3), "-0.005");
  EXPECT_EQ(scaled(-1250, 6), "-0.00125");
  EXPECT_EQ(scaled(7000, 3), "7");
  EXPECT_EQ(scaled(INT64_MIN, 0), "-9223372036854775808");
}

TEST(WebBody, PartsAreThereWholeOrNotAtAll) {
  Made made(10, 3);
  EXPECT_TRUE(made.body.attempt([&] { made.body.put("12345"); }));
  EXPECT_FALSE(made.body.attempt([&] { made.body.put("6").put("789"); }));
  EXPECT_TRUE(made.body.was_cut());
  EXPECT_TRUE(made.body.attempt([&] { made.body.put("67"); }));
  EXPECT_EQ(made.body.view(), "1234567");
  made.body.frame("end");
  EXPECT_EQ(made.body.view(), "1234567end");
  EXPECT_FALSE(made.body.overflowed());
  made.body.frame("!");
  EXPECT_TRUE(made.body.overflowed());
  EXPECT_EQ(made.body.view(), "1234567end");
}

TEST(WebBody, AnAttemptWithinOneThatFailsIsGoneWithIt) {
  Made made(8);
  EXPECT_FALSE(made.body.attempt([&] {
    EXPECT_TRUE(made.body.attempt([&] { made.body.put("1234"); }));
    EXPECT_FALSE(made.body.attempt([&] { made.body.put("56789"); }));
    made.body.put("56789");
  }));
  EXPECT_EQ(made.body.view(), "");
}

}  // namespace
}  // namespace ck::web
