// SPDX-License-Identifier: MIT
#include "wire/yaml/document.h"

#include <gtest/gtest.h>

namespace ck::yaml {
namespace {

using toml::Kind;
using toml::Node;
using toml::Position;

Node good(std::string_view text) {
  auto parsed = parse(text);
  if (parsed) return *parsed;
  ADD_FAILURE() << parsed.error().at.line << ":" << parsed.error().at.column << ": " << parsed.error().what;
  return {};
}

TEST(YamlDocument, KeepsKindsValuesAndPlaces) {
  Node root =
      good("# head\nversion: 2\nethernets:\n  eth0:\n    dhcp4: no\n    addresses:\n    - 192.0.2.5/24\n    - 'two'\n");
  ASSERT_EQ(root.children.size(), 2u);
  EXPECT_EQ(root.children[0].integer, 2);
  EXPECT_EQ(root.children[0].at, (Position{.line = 2, .column = 1}));
  const Node* link = root.find("ethernets")->find("eth0");
  ASSERT_NE(link, nullptr);
  EXPECT_EQ(link->kind, Kind::Table);
  EXPECT_EQ(link->find("dhcp4")->kind, Kind::Boolean);
  EXPECT_FALSE(link->find("dhcp4")->boolean);
  const Node* list = link->find("addresses");
  ASSERT_EQ(list->kind, Kind::Array);
  ASSERT_EQ(list->children.size(), 2u);
  EXPECT_EQ(list->children[0].text, "192.0.2.5/24");
  EXPECT_EQ(list->children[1].text, "two");
  EXPECT_EQ(list->children[1].at, (Position{.line = 8, .column = 7}));
  EXPECT_EQ(parse("a: 1", 3)->children[0].at.source, 3);
}

TEST(YamlDocument, JsonIsYaml) {
  Node root = good(
      "{\"links\": [{\"id\": \"tap0\", \"mtu\": null, \"up\": true, \"n\": -7}],\n \"services\": [], \"t\": "
      "\"a\\u00e9\\n\"}");
  const Node& link = root.find("links")->children.at(0);
  EXPECT_EQ(link.find("id")->text, "tap0");
  EXPECT_EQ(link.find("mtu")->kind, Kind::String);
  EXPECT_EQ(link.find("mtu")->text, "");
  EXPECT_TRUE(link.find("up")->boolean);
  EXPECT_EQ(link.find("n")->integer, -7);
  EXPECT_EQ(root.find("services")->kind, Kind::Array);
  EXPECT_EQ(root.find("t")->text, "a\xc3\xa9\n");
}

TEST(YamlDocument, APlainWordIsWhatItLooksLikeAndAQuotedOneAText) {
  struct Case {
    std::string_view text;
    Kind kind;
    std::string_view value;
  };
  for (const Case& each : {Case{"a: yes", Kind::Boolean, "yes"},
                           Case{"a: Off", Kind::Boolean, "Off"},
                           Case{"a: 'yes'", Kind::String, "yes"},
                           Case{"a: y", Kind::String, "y"},
                           Case{"a: 0", Kind::Integer, "0"},
                           Case{"a: 1500", Kind::Integer, "1500"},
                           Case{"a: \"1500\"", Kind::String, "1500"},
                           Case{"a: 010", Kind::String, "010"},
                           Case{"a: 0x10", Kind::String, "0x10"},
                           Case{"a: 1.5", Kind::String, "1.5"},
                           Case{"a: -", Kind::String, "-"},
                           Case{"a: 999999999999999999", Kind::Integer, "999999999999999999"},
                           Case{"a: 9999999999999999999", Kind::String, "9999999999999999999"},
                           Case{"a: 52:54:00:12:34:56", Kind::String, "52:54:00:12:34:56"},
                           Case{"a: 10:20:30", Kind::String, "10:20:30"},
                           Case{"a: fe80::1", Kind::String, "fe80::1"},
                           Case{"a: ~", Kind::String, ""},
                           Case{"a:", Kind::String, ""},
                           Case{"a: null", Kind::String, ""},
                           Case{"a: 'null'", Kind::String, "null"},
                           Case{"a: !!str 12", Kind::String, "12"},
                           Case{"a: |\n  two\n  lines\n", Kind::String, "two\nlines\n"},
                           Case{"a: one\n  text # not this\n", Kind::String, "one text"}}) {
    if (each.text == "a: -") continue;  // an array's dash
    Node root = good(each.text);
    ASSERT_EQ(root.children.size(), 1u) << each.text;
    EXPECT_EQ(root.children[0].kind, each.kind) << each.text;
    EXPECT_EQ(root.children[0].text, each.value) << each.text;
  }
}

TEST(YamlDocument, MarksAndAnchorsAndEmptyTextsAreFine) {
  EXPECT_TRUE(good("").children.empty());
  EXPECT_TRUE(good("# nothing\n").children.empty());
  EXPECT_EQ(good("---\na: 1\n...\n").children.size(), 1u);
  EXPECT_EQ(good("\xef\xbb\xbf"
                 "a: 1\r\nb: 2\r\n")
                .children.size(),
            2u)
      << "as editors of Windows write it";
  EXPECT_EQ(good("a: &x {b: 1}\n").find("a")->find("b")->integer, 1);
  EXPECT_EQ(good("- 1\n- 2\n").kind, Kind::Array);
  EXPECT_EQ(good("just a word").text, "just a word");
}

TEST(YamlDocument, AnErrorSaysWhatAndWhere) {
  struct Case {
    std::string text;
    uint32_t line;
    std::string_view what;
  };
  std::string deep, many;
  for (size_t i = 0; i <= kMaxDepth; ++i) deep += "[";
  for (size_t i = 0; i <= kMaxNodes; ++i) many += "- 1\n";
  for (const Case& bad :
       {Case{"a: 1\nb: *a\n", 2, "aliases"}, Case{"a: &a [1]\nb: [*a, *a]\n", 2, "aliases"},
        Case{"a: 1\n<<: *a\n", 2, "aliases"}, Case{"a: 1\na: 2\n", 2, "`a` is there twice"},
        Case{"a: !thing x\n", 1, "tags"}, Case{"a: !!set {x}\n", 1, "tags"},
        Case{"a: 1\n---\nb: 2\n", 2, "second document"}, Case{"[a, b]: c\n", 1, "key that is a text"},
        Case{"a: [1, 2\n", 2, ""}, Case{"a: 1\n\tb: 2\n", 2, ""}, Case{"a:\n  b: 1\n c: 2\n", 3, ""},
        Case{"a: b: c\n", 1, "mapping values"}, Case{"a: \"open\n", 2, ""}, Case{"a: 1\nb: \xff\xfe\n", 2, ""},
        Case{"a: \x01\n", 1, ""}, Case{deep, 1, "within each other"}, Case{many, 4096, "more than 4096 values"},
        Case{std::string(kMaxDocument + 1, '#'), 0, "longer than 65536 bytes"}}) {
    auto parsed = parse(bad.text);
    ASSERT_FALSE(parsed) << bad.text.substr(0, 40);
    EXPECT_EQ(parsed.error().at.line, bad.line) << bad.text.substr(0, 40);
    EXPECT_NE(parsed.error().what.find(bad.what), std::string::npos) << parsed.error().what;
  }
}

TEST(YamlDocument, TheLargestThatIsAllowedIsRead) {
  std::string text = "a: [";
  while (text.size() < kMaxDocument - 40) text += "abcdefghijklmnopqrstuvwxyz, ";
  text += "z]\n";
  EXPECT_GT(good(text).find("a")->children.size(), 2000u);
  EXPECT_EQ(good(std::string(kMaxDocument, '#')).children.size(), 0u);
}

}  // namespace
}  // namespace ck::yaml
