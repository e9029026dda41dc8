// SPDX-License-Identifier: MIT
#include "engine/console/screen.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "support/tiny_terminal.h"

namespace ck::console {
namespace {

std::string update(Screen& screen, const Frame& frame) {
  static char buffer[kMaxUpdate];
  TextWriter out(buffer);
  EXPECT_TRUE(screen.update(frame, out));
  return std::string(out.view());
}

void write(Frame& frame, unsigned row, unsigned column, std::string_view text, Tint tint = Tint::Plain) {
  for (unsigned i = 0; i < text.size(); ++i) frame.set(row, column + i, text[i], tint);
}

void expect_same(const Frame& frame, const test::TinyTerminal& terminal) {
  for (unsigned row = 0; row < frame.rows(); ++row)
    for (unsigned column = 0; column < frame.columns(); ++column)
      ASSERT_EQ(terminal.lines()[row][column], frame.cell(row, column).character) << row << "," << column;
  EXPECT_EQ(terminal.faults(), 0u);
}

TEST(Screen, NothingChangedSendsNothing) {
  Screen screen;
  Frame frame;
  frame.reset(80, 24);
  write(frame, 3, 4, "hello");
  EXPECT_FALSE(update(screen, frame).empty());
  EXPECT_EQ(update(screen, frame), "");
}

TEST(Screen, OneCharacterCostsFewBytes) {
  Screen screen;
  Frame frame;
  frame.reset(80, 24);
  write(frame, 0, 69, "up 0:03:12");
  update(screen, frame);
  write(frame, 0, 69, "up 0:03:13");
  EXPECT_EQ(update(screen, frame), "\033[1;79H3\033[24;1H");
}

TEST(Screen, InvalidateClearsAndWritesEverything) {
  Screen screen;
  Frame frame;
  frame.reset(80, 24);
  write(frame, 3, 4, "hello");
  update(screen, frame);
  screen.invalidate();
  test::TinyTerminal terminal(80, 24);
  terminal.feed(update(screen, frame));
  EXPECT_EQ(terminal.clears(), 1u);
  expect_same(frame, terminal);
}

TEST(Screen, ColourOnlyWhereItIsKnownToExist) {
  Frame frame;
  frame.reset(80, 24);
  write(frame, 3, 4, "SERVING", Tint::Good);
  Screen plain;
  EXPECT_EQ(update(plain, frame).find("32m"), std::string::npos);
  Screen linux_terminal;
  linux_terminal.set_look(Look::Linux);
  EXPECT_NE(update(linux_terminal, frame).find("\033[0;1;32mSERVING\033[0m"), std::string::npos);
  write(frame, 3, 4, "SERVING", Tint::Bad);
  EXPECT_EQ(update(plain, frame), "");
  EXPECT_NE(update(linux_terminal, frame).find("31m"), std::string::npos);
}

TEST(Screen, AnUpdateThatDoesNotFitIsMadeUpForByAFullOne) {
  Screen screen;
  Frame frame;
  frame.reset(80, 24);
  for (unsigned row = 0; row < 24; ++row) write(frame, row, 0, std::string(79, 'x'));
  char small[100];
  TextWriter out(small);
  EXPECT_FALSE(screen.update(frame, out));
  test::TinyTerminal terminal(80, 24);
  terminal.feed(update(screen, frame));
  expect_same(frame, terminal);
}

TEST(Screen, TheLargestFrameFitsIntoTheBuffer) {
  Screen screen;
  screen.set_look(Look::Linux);
  Frame frame;
  frame.reset(kMaxColumns, kMaxRows);
  // Colours that change as often as the pages ever do, which is not at each character.
  for (unsigned row = 0; row < kMaxRows; ++row)
    for (unsigned column = 0; column < kMaxColumns; ++column)
      frame.set(row, column, 'x', column / 12 % 2 == 0 ? Tint::Good : Tint::Bad);
  EXPECT_GT(update(screen, frame).size(), size_t{kMaxColumns - 1} * kMaxRows);
}

TEST(Screen, AnyTwoFramesLeaveTheTerminalAsTheSecond) {
  SeededRandom random(7);
  for (Look look : {Look::Plain, Look::Linux}) {
    Screen screen;
    screen.set_look(look);
    test::TinyTerminal terminal(80, 24);
    Frame frame;
    frame.reset(80, 24);
    for (int round = 0; round < 300; ++round) {
      for (uint32_t i = 0, count = random.below(60); i < count; ++i)
        frame.set(random.below(24), random.below(80), static_cast<char>(random.below(256)),
                  static_cast<Tint>(random.below(5)));
      terminal.feed(update(screen, frame));
      expect_same(frame, terminal);
    }
    EXPECT_EQ(terminal.clears(), 1u) << "only at first: everything else is differences";
  }
}

}  // namespace
}  // namespace ck::console
