// SPDX-License-Identifier: MIT
#include "app/console/terminal.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "support/tiny_terminal.h"
#include "sys/clock.h"
#include "sys/file.h"

namespace ck::console {
namespace {

// A pseudo terminal: the far end is what an operator would look at.
struct Line {
  Line() : master(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
    if (!master.is_open() || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0) return;
    device.path.append(::ptsname(master.get()));
    device.path.append('\0');
  }
  bool works() const { return !device.path.empty(); }
  // What has arrived so far.
  std::string read() {
    std::string all;
    uint8_t buffer[4096];
    while (auto count = sys::read_some(master.get(), buffer)) {
      if (*count == 0) break;
      all += as_text(Bytes(buffer, *count));
    }
    return all;
  }
  // Up to the end of an update, where the cursor is put to rest; the kernel hands bytes on when it gets to it.
  std::string read_update() {
    std::string all;
    for (int attempt = 0; attempt < 500 && !all.ends_with(";1H"); ++attempt) {
      pollfd readable{.fd = master.get(), .events = POLLIN, .revents = 0};
      (void)::poll(&readable, 1, 10);
      all += read();
    }
    return all;
  }
  void type(std::string_view keys) { EXPECT_TRUE(sys::write_all(master.get(), as_bytes(keys))); }
  sys::UniqueFd master;
  sys::ConsoleDevice device;
};

class TerminalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!line_->works()) GTEST_SKIP() << "no pseudo terminals here";
    terminal_.attach(line_->device, loop_, picture_, power_);
  }
  void refresh(Terminal& terminal) {
    ++drawing_;
    picture_.invalidate();
    terminal.refresh(now_);
  }
  void serve() {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(loop_.run_once(1ms));
  }

  // What arrives until everything has been written anew, and the rest of that update.
  std::string serve_until_cleared() {
    std::string all;
    for (int i = 0; i < 500 && all.find("\033[2J") == std::string::npos; ++i) {
      serve();
      all += line_->read();
    }
    return all.ends_with(";1H") ? all : all + line_->read_update();
  }
  void type_until(std::string_view keys, Prompt prompt) {
    line_->type(keys);
    for (int i = 0; i < 1000 && prompt_ != prompt; ++i) {
      serve();
      (void)line_->read();
    }
    EXPECT_EQ(prompt_, prompt);
  }
  void serve_until_quiet() {
    for (int quiet = 0; quiet < 5;) {
      serve();
      quiet = line_->read().empty() ? quiet + 1 : 0;
    }
  }

  sys::EventLoop loop_ = *sys::EventLoop::create();
  std::unique_ptr<Line> line_ = std::make_unique<Line>();
  unsigned drawing_ = 0;
  Prompt prompt_ = Prompt::Keys;  // of the last drawing
  Picture picture_{[this](View& view, Frame& frame) {
    prompt_ = view.prompt;
    // Every cell changes with every drawing.
    for (unsigned row = 0; row < frame.rows(); ++row)
      for (unsigned column = 0; column < frame.columns(); ++column)
        frame.set(row, column, static_cast<char>('!' + (drawing_ + row + column) % 90), Tint::Plain);
  }};
  std::string asked_;  // of init, in order: "off PATH " or "restart PATH "
  bool init_answers_ = true;
  Power power_{.keys = PowerKeys::Allowed, .ask = [this](KeyEffect effect, std::string_view terminal) {
                 asked_.append(effect == KeyEffect::PowerOff ? "off " : "restart ").append(terminal).append(" ");
                 return init_answers_;
               }};
  Terminal terminal_;
  TimePoint now_ = sys::now();
};

TEST_F(TerminalTest, ShowsTheLatestDrawing) {
  test::TinyTerminal seen(80, 24);
  for (int i = 0; i < 5; ++i) {
    refresh(terminal_);
    seen.feed(line_->read_update());
    for (unsigned column = 0; column < 79; ++column)
      ASSERT_EQ(seen.lines()[3][column], static_cast<char>('!' + (drawing_ + 3 + column) % 90));
  }
  EXPECT_EQ(seen.faults(), 0u);
  EXPECT_EQ(seen.clears(), 1u);
}

TEST_F(TerminalTest, EnterWritesEverythingAnew) {
  refresh(terminal_);
  line_->read_update();
  line_->type("\r");
  std::string bytes = serve_until_cleared();
  test::TinyTerminal seen(80, 24);
  seen.feed(bytes);
  EXPECT_EQ(seen.clears(), 1u);
  EXPECT_NE(seen.lines()[23][5], ' ');
}

TEST_F(TerminalTest, AQuestionThatIsAnsweredWithYesAsksInitOnce) {
  std::string path(line_->device.path.view().substr(0, line_->device.path.size() - 1));
  refresh(terminal_);
  type_until("p", Prompt::PowerOff);
  std::this_thread::sleep_for(kLeastThought);
  type_until("y", Prompt::PoweringOff);
  EXPECT_EQ(asked_, "off " + path + " ");
  type_until("y", Prompt::Keys);
  init_answers_ = false;
  type_until("r", Prompt::Restart);
  std::this_thread::sleep_for(kLeastThought);
  type_until("y", Prompt::Refused);
  EXPECT_EQ(asked_, "off " + path + " restart " + path + " ");
}

TEST_F(TerminalTest, TextThatEchoesOrComesAtOnceAsksForNothing) {
  refresh(terminal_);
  for (const char* text : {"py", "ry", "copy", "p\033[Ay", "p\ry"}) {
    line_->type(text);
    serve_until_quiet();
  }
  // Everything that the screen sends comes back, as from a loop plug.
  for (int round = 0; round < 3; ++round) {
    refresh(terminal_);
    serve();
    std::string sent = line_->read();
    for (size_t at = 0; at < sent.size(); at += 64) {
      (void)sys::write_some(line_->master.get(), as_bytes(std::string_view(sent).substr(at, 64)));
      serve();
    }
  }
  EXPECT_EQ(asked_, "");
}

TEST_F(TerminalTest, ALineThatTakesNothingIsDrawnWholeWhenItDoes) {
  // Far more than a pseudo terminal buffers.
  for (int second = 0; second < 100; ++second) {
    refresh(terminal_);
    serve();
    now_ += 1s;
  }
  std::string late = line_->read();  // begins with what was on its way, perhaps half an update
  for (int second = 0; second < 8; ++second) {
    refresh(terminal_);
    serve();
    late += line_->read();
    now_ += 1s;
  }
  for (int round = 0; round < 3; ++round) {
    refresh(terminal_);
    late += line_->read_update();
    serve();
  }
  size_t clear = late.rfind("\033[0m\033[r\033[H\033[2J");
  ASSERT_NE(clear, std::string::npos) << "after a lost update everything is written anew";
  test::TinyTerminal seen(80, 24);
  seen.feed(late.substr(clear));
  EXPECT_EQ(seen.faults(), 0u);
  for (unsigned column = 0; column < 79; ++column)
    EXPECT_EQ(seen.lines()[7][column], static_cast<char>('!' + (drawing_ + 7 + column) % 90));
}

TEST_F(TerminalTest, ABlockedLineDoesNotHoldUpAnother) {
  Line other;
  ASSERT_TRUE(other.works());
  Terminal second;
  second.attach(other.device, loop_, picture_, power_);
  for (int i = 0; i < 100; ++i) {
    refresh(terminal_);  // nobody reads it
    second.refresh(now_);
    EXPECT_FALSE(other.read_update().empty()) << i;
    serve();
    now_ += 1s;
  }
}

TEST_F(TerminalTest, ALineThatVanishesIsLeftAndOpenedAgain) {
  refresh(terminal_);
  line_->read();
  line_->master.reset();
  serve();
  for (int i = 0; i < 5; ++i) {
    now_ += 1s;
    refresh(terminal_);  // there is nothing to open
    serve();
  }
  auto again = std::make_unique<Line>();
  ASSERT_TRUE(again->works());
  if (!(again->device == line_->device)) GTEST_SKIP() << "the number of the pseudo terminal was taken meanwhile";
  now_ += 2s;
  refresh(terminal_);
  EXPECT_NE(again->read_update().find("\033[2J"), std::string::npos);
}

TEST_F(TerminalTest, NoiseOnTheLineIsHarmless) {
  refresh(terminal_);
  line_->read_update();
  std::string noise;
  for (int i = 0; i < 1000; ++i) noise += static_cast<char>(i * 37);
  for (int i = 0; i < 20; ++i) {
    line_->type(noise.substr(0, 200));
    serve();
    line_->read();
  }
  serve_until_quiet();
  line_->type("\r");
  EXPECT_NE(serve_until_cleared().find("\033[2J"), std::string::npos);
}

TEST_F(TerminalTest, TheSizeOfTheLineIsFollowed) {
  winsize size{.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::ioctl(line_->master.get(), TIOCSWINSZ, &size), 0);
  refresh(terminal_);
  test::TinyTerminal seen(100, 40);
  seen.feed(line_->read_update());
  EXPECT_EQ(seen.faults(), 0u);
  EXPECT_NE(seen.lines()[39][98], ' ');
}

TEST_F(TerminalTest, OnEnterTheTerminalSaysItsSizeAndGetsAllOfIt) {
  refresh(terminal_);
  line_->read_update();
  line_->type("\r");
  std::string bytes = serve_until_cleared();
  EXPECT_EQ(bytes.find("\033[r\033[999;999H\033[6n"), 0u) << "the question stands before the update";
  line_->type("\033[50;132R");
  bytes = serve_until_cleared();
  test::TinyTerminal seen(132, 50);
  seen.feed(bytes);
  EXPECT_EQ(seen.faults(), 0u);
  EXPECT_NE(seen.lines()[49][130], ' ');
  // It stays until the terminal says otherwise.
  refresh(terminal_);
  seen.feed(line_->read_update());
  EXPECT_EQ(seen.faults(), 0u);
  EXPECT_EQ(seen.clears(), 1u);
  line_->type("\r");
  serve_until_cleared();
  line_->type("\033[24;80R");
  test::TinyTerminal small(80, 24);
  small.feed(serve_until_cleared());
  EXPECT_EQ(small.faults(), 0u);
}

TEST_F(TerminalTest, ATerminalThatDoesNotAnswerHasTheDefaultSize) {
  refresh(terminal_);
  line_->read_update();
  line_->type("\033[50;132R");  // nobody asked
  serve_until_quiet();
  refresh(terminal_);
  line_->read_update();
  line_->type("\r");
  serve_until_cleared();
  line_->type("\033[50;132R");
  EXPECT_NE(serve_until_cleared().find("\033[50;"), std::string::npos);
  line_->type("\r");
  EXPECT_NE(serve_until_cleared().find("\033[50;"), std::string::npos) << "as it was, while the answer is awaited";
  now_ = sys::now() + 6s;
  refresh(terminal_);
  test::TinyTerminal seen(80, 24);
  seen.feed(line_->read_update());
  EXPECT_EQ(seen.clears(), 1u);
  EXPECT_EQ(seen.faults(), 0u);
}

TEST_F(TerminalTest, NoSizeIsTakenThatIsNone) {
  refresh(terminal_);
  line_->read_update();
  for (const char* answer : {"\033[1;2R", "\033[9999;9999R", "\033[5;80R"}) {
    line_->type("\r");
    serve_until_cleared();
    line_->type(answer);
    serve_until_quiet();
    refresh(terminal_);
    std::string bytes = line_->read_update();
    EXPECT_EQ(bytes.find("\033[61;"), std::string::npos) << "not beyond what a frame holds";
  }
}

TEST_F(TerminalTest, PlainLinesHoldTextAndNothingElse) {
  Terminal dumb;
  dumb.attach(line_->device, loop_, picture_, power_, Drawing::Lines);
  // So many lines arrive, and nothing after them.
  auto expect_lines = [&](std::ptrdiff_t lines) {
    std::string all;
    for (int i = 0, after = 0; i < 1000 && after < 10; ++i) {
      serve();
      all += line_->read();
      if (std::ranges::count(all, '\n') >= lines) ++after;
    }
    EXPECT_EQ(std::ranges::count(all, '\n'), lines);
    for (char character : all)
      ASSERT_TRUE(character == '\r' || character == '\n' || (character >= 0x20 && character <= 0x7e));
  };
  refresh(dumb);
  expect_lines(25);
  for (int second = 0; second < 5; ++second) refresh(dumb);
  expect_lines(0);  // the clock alone is no reason
  line_->type("2");
  expect_lines(25);
  line_->type("p");
  expect_lines(1);  // the question alone
  now_ = sys::now() + 11s;
  refresh(dumb);
  expect_lines(1);
  now_ += 5s;
  refresh(dumb);
  expect_lines(25);  // once more, now that there should be addresses
  now_ += 60s;
  refresh(dumb);
  expect_lines(0);
  line_->type("\r");
  expect_lines(25);
  line_->type("d");
  EXPECT_NE(serve_until_cleared().find("\033[2J"), std::string::npos) << "a screen again";
}

}  // namespace
}  // namespace ck::console
