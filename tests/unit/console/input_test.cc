// SPDX-License-Identifier: MIT
#include "engine/console/input.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::console {
namespace {

// What comes of the bytes: keys as they are (E for escape), sizes as <COLUMNSxROWS>.
std::string read(std::string_view bytes, Duration between = 1ms) {
  InputReader reader;
  std::string text;
  TimePoint now = from_ms(1'000);
  for (char byte : bytes) {
    auto input = reader.feed(static_cast<uint8_t>(byte), now += between);
    if (!input) continue;
    if (const auto* size = std::get_if<ReportedSize>(&*input))
      text += "<" + std::to_string(size->columns) + "x" + std::to_string(size->rows) + ">";
    else
      text += std::get<char>(*input) == kEscape ? 'E' : std::get<char>(*input);
  }
  return text;
}

TEST(InputReader, KeysAndSequences) {
  struct {
    std::string_view bytes;
    const char* read;
  } cases[] = {
      {"1l?\r", "1l?\r"},
      {"\033[Ap", "Ep"},      // cursor up
      {"\033OPp", "Ep"},      // F1 of a VT100
      {"\033[[Bp", "Ep"},     // F2 of the Linux console
      {"\033[15~p", "Ep"},    // F5
      {"\033[1;5Cp", "Ep"},   // a modifier
      {"\033[?1;2cy", "Ey"},  // what kind of terminal it is
      {"\033[24;80R1", "E<80x24>1"},
      {"\033[50;132R", "E<132x50>"},
      {"\033[99999999;1R", "E<1x9999>"},
      {"\033[0;80R", "E"},
      {"\033[;R", "E"},
      {"\033[24R", "E"},
      {"\033[24;80;1R", "E"},
      {"\033[?24;80R", "E"},
      {"\033[24;8\033[24;81R", "EE<81x24>"},
      {"\033[24;8\rp", "E\rp"},  // broken off
      {"\033\033", "EE"},
      {"\033yy", "Ey"},  // Alt-y, and y
  };
  for (const auto& entry : cases) EXPECT_EQ(read(entry.bytes), entry.read) << entry.bytes.substr(1);
}

TEST(InputReader, ASequenceThatDoesNotEndIsOver) {
  EXPECT_EQ(read("\033[" + std::string(kLongestSequence, '1') + "2p"), "E2p");
  EXPECT_EQ(read("\033[2p", kWithinSequence + 1ms), "E[2p") << "the key Escape, and others later";
}

TEST(InputReader, TheQuestionIsTwoSequencesOfEcma48) {
  char buffer[64];
  TextWriter out(buffer);
  write_size_question(out);
  EXPECT_EQ(out.view(), "\033[r\033[999;999H\033[6n");
}

}  // namespace
}  // namespace ck::console
