// SPDX-License-Identifier: MIT
#include "wire/toml/document.h"

#include <gtest/gtest.h>

namespace ck::toml {
namespace {

TEST(TomlDocument, KeepsKindsValuesAndPlaces) {
  auto parsed = parse("# head\nzeta = \"z\"\n\n[alpha]\n  n = -5\n  yes = true\n  list = [1, \"two\"]\n");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->children.size(), 2u);
  EXPECT_EQ(parsed->children[0].key, "zeta") << "as in the text, not by the alphabet";
  EXPECT_EQ(parsed->children[0].text, "z");
  EXPECT_EQ(parsed->children[0].at, (Position{.line = 2, .column = 1}));
  const Node* alpha = parsed->find("alpha");
  ASSERT_NE(alpha, nullptr);
  EXPECT_EQ(alpha->kind, Kind::Table);
  EXPECT_EQ(alpha->find("n")->integer, -5);
  EXPECT_TRUE(alpha->find("yes")->boolean);
  const Node* list = alpha->find("list");
  ASSERT_EQ(list->children.size(), 2u);
  EXPECT_EQ(list->at, (Position{.line = 7, .column = 3}));
  EXPECT_EQ(list->children[1].kind, Kind::String);
  EXPECT_EQ(list->children[1].at, (Position{.line = 7, .column = 14}));
  EXPECT_EQ(alpha->find("none"), nullptr);
}

TEST(TomlDocument, DatesAndFloatsAreOnlyKnownByTheirKind) {
  auto parsed = parse("a = 1.5\nb = 1979-05-27T07:32:00Z\nc = 1e400\nd = inf\ne = 0x1p4\n");
  auto plain = parse("a = 1.5\nb = 1979-05-27T07:32:00Z\nd = inf\n", 3);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->find("a")->kind, Kind::Float);
  EXPECT_EQ(plain->find("b")->kind, Kind::Time);
  EXPECT_EQ(plain->find("d")->kind, Kind::Float);
  EXPECT_EQ(plain->find("d")->at.source, 3);
  EXPECT_FALSE(parsed) << "hexadecimal floats are none of TOML's";
}

TEST(TomlDocument, AnErrorSaysWhere) {
  struct Case {
    std::string_view text;
    uint32_t line;
  };
  for (const Case& bad : {Case{"a = 1\nb = \n", 2}, Case{"a = 1\na = 2\n", 2}, Case{"[x\n", 1}, Case{"[$x]\n", 1},
                          Case{"[[$x]]\n", 1}, Case{"[a.$]\n", 1}, Case{"$ = 1\n", 1}, Case{"t=1\u01da\n", 1},
                          Case{"\u01da = 1\n", 1}, Case{"a \u01da= 1\n", 1},

                          Case{"\n\nk = \"open", 3}, Case{"k = \"a\x01\"", 1}, Case{"k = 99999999999999999999", 1}}) {
    auto parsed = parse(bad.text);
    ASSERT_FALSE(parsed) << bad.text;
    EXPECT_EQ(parsed.error().at.line, bad.line) << bad.text;
    EXPECT_FALSE(parsed.error().what.empty());
  }
}

TEST(TomlDocument, StringsAndCommentsMayHoldAnyLetter) {
  auto parsed = parse("# Zweigstelle Köln\nname = \"Köln \u01da\" # \u01da\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->find("name")->text, "Köln \u01da");
}

TEST(TomlDocument, NestingAndLengthAreBounded) {
  EXPECT_FALSE(parse("k = " + std::string(20'000, '[')));
  EXPECT_FALSE(parse(std::string(kMaxDocument + 1, '#')));
  EXPECT_TRUE(parse(std::string(kMaxDocument, '#')));
}

}  // namespace
}  // namespace ck::toml
