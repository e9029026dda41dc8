// SPDX-License-Identifier: MIT
#include "engine/supervise/output_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ck::supervise {
namespace {

// "severity text" of each line; the bytes come in pieces of `piece`.
std::vector<std::string> lines_of(OutputLines& lines, std::string_view bytes, size_t piece) {
  std::vector<std::string> found;
  while (!bytes.empty()) {
    auto room = lines.room();
    EXPECT_GE(room.size(), OutputLines::kMaxLine);
    size_t size = std::min({piece, bytes.size(), room.size()});
    std::copy_n(bytes.begin(), size, room.begin());
    bytes.remove_prefix(size);
    lines.filled(size);
    while (auto line = lines.next()) found.push_back(std::to_string(line->severity) + " " + std::string(line->text));
  }
  return found;
}

using Lines = std::vector<std::string>;

TEST(OutputLines, AreTheSameInWhateverPiecesTheyCome) {
  std::string all = "one\n\n<3>bad\r\n  indented\tby a tab \n<6>\n" + std::string(2000, 'x') + "\nlast\n";
  Lines wanted = {"6 one",
                  "3 bad",
                  "6   indented by a tab",
                  "6 " + std::string(900, 'x'),
                  "6 " + std::string(900, 'x'),
                  "6 " + std::string(200, 'x'),
                  "6 last"};
  for (size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{899}, size_t{900}, size_t{901}, all.size()}) {
    OutputLines lines;
    EXPECT_EQ(lines_of(lines, all, piece), wanted) << piece;
  }
}

TEST(OutputLines, HaveTheSeverityThatTheyBeginWithAndNeverThatOfAConsole) {
  OutputLines lines;
  EXPECT_EQ(lines_of(lines, "<0>a\n<8>b\n<30>c\n<191>d\n<7>e\n", 100), (Lines{"1 a", "1 b", "6 c", "7 d", "7 e"}));
  EXPECT_EQ(lines_of(lines, "<>a\n<x>b\n<-1>c\n< 3>d\n<1234>e\n<3\n", 100),
            (Lines{"6 <>a", "6 <x>b", "6 <-1>c", "6 < 3>d", "6 <1234>e", "6 <3"}));
}

TEST(OutputLines, ThatGoOnKeepTheirSeverityAndTakeNoOther) {
  OutputLines lines;
  std::string text = "<4>" + std::string(897, 'a') + "<0>b\nc\n";
  EXPECT_EQ(lines_of(lines, text, 64), (Lines{"4 " + std::string(897, 'a'), "4 <0>b", "6 c"}));
}

TEST(OutputLines, AreNotCutWithinACharacter) {
  OutputLines lines;
  std::string text = std::string(898, 'a') + "\xe2\x82\xac" + "b\n";  // a euro sign
  EXPECT_EQ(lines_of(lines, text, 2000), (Lines{"6 " + std::string(898, 'a'),
                                                "6 \xe2\x82\xac"
                                                "b"}));
  // Bytes that are no UTF-8 are cut somewhere.
  std::string bytes(1000, '\x80');
  EXPECT_EQ(lines_of(lines, bytes + "\n", 2000).size(), 3u);
}

TEST(OutputLines, FitIntoAMessageOfTheKernelAsItIsReadAgain) {
  std::string cyrillic;
  while (cyrillic.size() < 1800) cyrillic += "\xd1\x8f ";
  for (const std::string& text : {cyrillic, std::string(1800, '\\')}) {
    OutputLines lines;
    std::string together;
    for (const std::string& line : lines_of(lines, text + "\n", 700)) {
      size_t escaped = 0;
      for (char c : line) escaped += static_cast<uint8_t>(c) >= 0x7f || c == '\\' ? 4 : 1;
      EXPECT_LT(escaped, 1950u);
      together += line.substr(2);
    }
    auto blank = [](char c) { return c == ' '; };  // one at the end of an entry is left out
    std::string wanted = text;
    std::erase_if(wanted, blank);
    std::erase_if(together, blank);
    EXPECT_EQ(together, wanted);
  }
}

TEST(OutputLines, HoldNoControlCharacters) {
  OutputLines lines;
  EXPECT_EQ(lines_of(lines, std::string("a\0b\x1b[31m\x7f\n", 10), 100), (Lines{"6 a?b?[31m?"}));
}

TEST(OutputLines, OfAProgramThatIsGoneEndWithIt) {
  OutputLines lines;
  EXPECT_EQ(lines_of(lines, "<3>half", 100), Lines{});
  auto rest = lines.rest();
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->severity, 3u);
  EXPECT_EQ(rest->text, "half");
  EXPECT_FALSE(lines.rest());
  EXPECT_EQ(lines_of(lines, "next\n", 100), Lines{"6 next"});
  // What goes on is over too.
  EXPECT_EQ(lines_of(lines, "<2>" + std::string(898, 'a'), 1000), Lines{"2 " + std::string(897, 'a')});
  EXPECT_EQ(lines.rest()->severity, 2u);
  EXPECT_EQ(lines_of(lines, "<5>next\n", 100), Lines{"5 next"});
}

}  // namespace
}  // namespace ck::supervise
