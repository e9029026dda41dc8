// SPDX-License-Identifier: MIT
// One terminal with the screen on it: its device, its view, what it shows and what is still to be sent to it. At most
// one update is ever on its way; while it is, newer states only mark the terminal as stale. A terminal that takes
// nothing for kPatience (flow control, nobody reading) loses that update and is drawn anew when it takes bytes again;
// one that fails is closed and opened again every kRetry.
// A device that knows its size (a virtual terminal) is asked for it before each drawing. A serial line knows none: on
// Enter the terminal behind it is asked, and one that does not answer within kAnswerTime has 80x24.
// In plain lines nothing but text is sent: a page when it is asked for by a key, once when the line is opened, and once
// more kSettled later, when the network mostly has its addresses.
#pragma once

#include <array>
#include <functional>

#include "base/time.h"
#include "engine/console/input.h"
#include "engine/console/keys.h"
#include "engine/console/screen.h"
#include "sys/event_loop.h"
#include "sys/tty.h"
#include "sys/unique_fd.h"

namespace ck::console {

// The frame that was drawn last, shared by all terminals: mostly they show the same page at the same size.
class Picture {
 public:
  // Draws the page that `view` asks for into a frame of its size.
  using Draw = std::function<void(View& view, Frame& frame)>;
  explicit Picture(Draw draw) : draw_(std::move(draw)) {}

  // What is shown has changed.
  void invalidate() { valid_ = false; }
  const Frame& get(View& view, unsigned columns, unsigned rows);

 private:
  Draw draw_;
  bool valid_ = false;
  unsigned columns_ = 0;
  unsigned rows_ = 0;
  View asked_;
  View answered_;
  Frame frame_;
};

// The end of the machine, as the keys of any terminal may ask for it.
struct Power {
  PowerKeys keys = PowerKeys::Allowed;
  // Asks init for what KeyEffect::PowerOff or Restart stands for; false when it could not be asked. `terminal` is where
  // the key was pressed.
  std::function<bool(KeyEffect effect, std::string_view terminal)> ask;
};

enum class Drawing : uint8_t { Screen, Lines };

class Terminal {
 public:
  void attach(const sys::ConsoleDevice& device, sys::EventLoop& loop, Picture& picture, const Power& power,
              Drawing drawing = Drawing::Screen);
  void detach();
  bool is_attached() const { return !device_.path.empty(); }
  const sys::ConsoleDevice& device() const { return device_; }

  // Brings the terminal to the present state: opens it when it is time, draws when it is free, gives up on what it does
  // not take.
  void refresh(TimePoint now);
  // The last words, as far as the terminal takes them at once.
  void say_goodbye(std::string_view text);

 private:
  static constexpr Duration kPatience = 5s;
  static constexpr Duration kRetry = 1s;
  static constexpr Duration kAnswerTime = 5s;  // what is sent before the question takes up to four at 9600 bit/s
  static constexpr Duration kSettled = 15s;

  enum class Wanted : uint8_t { Nothing, LastRow, Page };  // in plain lines

  void open(TimePoint now);
  void close(TimePoint now);
  void size_frame(TimePoint now);
  bool compose(TimePoint now, TextWriter& out);
  void on_event(sys::Events events);
  void read_keys();
  void on_key(char key, TimePoint now);
  void on_reported_size(const ReportedSize& size, TimePoint now);
  void send(TimePoint now);

  sys::ConsoleDevice device_;
  sys::EventLoop* loop_ = nullptr;
  Picture* picture_ = nullptr;
  const Power* power_ = nullptr;
  sys::UniqueFd fd_;
  sys::Watch watch_;
  View view_;
  Screen screen_;
  InputReader input_;
  Drawing drawing_ = Drawing::Screen;
  Wanted wanted_ = Wanted::Page;
  TimePoint settled_ = kNever;
  // What the terminal behind a line that knows no size said.
  unsigned reported_columns_ = kDefaultColumns;
  unsigned reported_rows_ = kDefaultRows;
  bool asks_size_ = false;           // with the next update
  TimePoint answer_until_ = kNever;  // until then the answer is awaited; kNever: none is
  unsigned columns_ = kDefaultColumns;
  unsigned rows_ = kDefaultRows;
  bool stale_ = false;
  TimePoint retry_ = from_ms(0);
  TimePoint blocked_since_ = kNever;
  std::array<char, kMaxUpdate> pending_;
  size_t pending_begin_ = 0;
  size_t pending_end_ = 0;
};

}  // namespace ck::console
