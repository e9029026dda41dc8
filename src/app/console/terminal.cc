// SPDX-License-Identifier: MIT
#include "app/console/terminal.h"

#include <algorithm>

#include "engine/console/plain.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/file.h"
#include "sys/log.h"

namespace ck::console {

namespace {

// A terminal smaller than this cannot show the overview; its size is then more likely wrong than true.
constexpr unsigned kLeastColumns = 40;
constexpr unsigned kLeastRows = 12;

bool is_usable(unsigned columns, unsigned rows) { return columns >= kLeastColumns && rows >= kLeastRows; }

}  // namespace

const Frame& Picture::get(View& view, unsigned columns, unsigned rows) {
  if (!valid_ || columns != columns_ || rows != rows_ || !(view == asked_ || view == answered_)) {
    columns_ = columns;
    rows_ = rows;
    asked_ = answered_ = view;
    frame_.reset(columns, rows);
    draw_(answered_, frame_);
    valid_ = true;
  }
  view = answered_;
  return frame_;
}

void Terminal::attach(const sys::ConsoleDevice& device, sys::EventLoop& loop, Picture& picture, const Power& power,
                      Drawing drawing) {
  device_ = device;
  loop_ = &loop;
  picture_ = &picture;
  power_ = &power;
  drawing_ = drawing;
  retry_ = from_ms(0);
  view_ = {};
  screen_.set_look(device.kind == sys::TerminalKind::VirtualTerminal ? Look::Linux : Look::Plain);
}

void Terminal::detach() {
  close(from_ms(0));
  device_ = {};
}

void Terminal::refresh(TimePoint now) {
  if (!fd_.is_open() && now >= retry_) open(now);
  if (!fd_.is_open()) return;
  if (expire(now, view_) && wanted_ == Wanted::Nothing) wanted_ = Wanted::LastRow;
  if (pending_begin_ != pending_end_) {
    stale_ = true;
    if (now - blocked_since_ < kPatience) return;
    // Nobody takes it. What the device holds back goes too, so that the next update does not end up behind it.
    sys::discard_output(fd_.get());
    pending_begin_ = pending_end_ = 0;
    screen_.invalidate();
    wanted_ = Wanted::Page;
    blocked_since_ = now;
    return;
  }
  stale_ = false;
  size_frame(now);
  TextWriter out(pending_);
  if (!compose(now, out)) {
    sys::log(sys::Severity::Error, {device_.path.view().data(), ": an update is larger than its buffer"});
    return;
  }
  pending_begin_ = 0;
  pending_end_ = out.size();
  blocked_since_ = now;
  send(now);
}

bool Terminal::compose(TimePoint now, TextWriter& out) {
  if (drawing_ == Drawing::Screen) {
    if (asks_size_) {
      write_size_question(out);
      answer_until_ = now + kAnswerTime;
      asks_size_ = false;
    }
    return screen_.update(picture_->get(view_, columns_, rows_), out);
  }
  if (now >= settled_) {
    settled_ = kNever;
    wanted_ = Wanted::Page;
  }
  if (wanted_ == Wanted::Nothing) return true;
  const Frame& frame = picture_->get(view_, columns_, rows_);
  if (wanted_ == Wanted::Page)
    write_plain(frame, out);
  else
    write_last_row(frame, out);
  wanted_ = Wanted::Nothing;
  return !out.truncated();
}

void Terminal::say_goodbye(std::string_view text) {
  if (!fd_.is_open()) return;
  if (pending_begin_ != pending_end_) sys::discard_output(fd_.get());
  char buffer[256];
  TextWriter out(buffer);
  if (drawing_ == Drawing::Lines)
    out.put("\r\n").put(text).put("\r\n");
  else
    write_farewell(text, device_.kind == sys::TerminalKind::VirtualTerminal ? Look::Linux : Look::Plain, out);
  (void)sys::write_some(fd_.get(), as_bytes(out.view()));
}

void Terminal::open(TimePoint now) {
  retry_ = now + kRetry;
  auto fd = sys::open_terminal(device_.path.view().data());
  if (!fd) return;
  fd_ = std::move(*fd);
  auto watched = watch_.start(*loop_, fd_.get(), {.readable = true}, [this](sys::Events events) { on_event(events); });
  if (!watched) return close(now);
  screen_.invalidate();
  input_ = {};
  wanted_ = Wanted::Page;
  settled_ = now + kSettled;
  // Another terminal may be at the line now.
  reported_columns_ = kDefaultColumns;
  reported_rows_ = kDefaultRows;
  asks_size_ = false;
  answer_until_ = kNever;
}

void Terminal::close(TimePoint now) {
  watch_.stop();
  fd_.reset();
  pending_begin_ = pending_end_ = 0;
  retry_ = now + kRetry;
}

void Terminal::size_frame(TimePoint now) {
  sys::TerminalSize size = sys::terminal_size(fd_.get());
  bool known = is_usable(size.columns, size.rows);
  if (now > answer_until_) {
    reported_columns_ = kDefaultColumns;
    reported_rows_ = kDefaultRows;
    answer_until_ = kNever;
  }
  columns_ = known ? size.columns : reported_columns_;
  rows_ = known ? size.rows : reported_rows_;
  asks_size_ = asks_size_ && !known;
}

// Only what was asked for counts: the sequence is also that of a key on some terminals.
void Terminal::on_reported_size(const ReportedSize& size, TimePoint now) {
  if (answer_until_ == kNever || now > answer_until_) return;
  answer_until_ = kNever;
  bool usable = is_usable(size.columns, size.rows);
  reported_columns_ = usable ? std::min(size.columns, kMaxColumns) : kDefaultColumns;
  reported_rows_ = usable ? std::min(size.rows, kMaxRows) : kDefaultRows;
  stale_ = true;
}

void Terminal::on_event(sys::Events events) {
  TimePoint now = sys::now();
  if (events.hung_up) return close(now);
  if (events.readable) read_keys();
  if (fd_.is_open() && events.writable) send(now);
  if (fd_.is_open() && stale_ && pending_begin_ == pending_end_) refresh(now);
}

void Terminal::read_keys() {
  // A bounded number in one go: noise on a serial line must not keep the other terminals waiting.
  uint8_t keys[64];
  auto count = sys::read_some(fd_.get(), keys);
  if (!count) {
    if (!sys::would_block(count.error())) close(sys::now());
    return;
  }
  TimePoint now = sys::now();
  if (*count == 0) return close(now);
  for (size_t i = 0; i < *count; ++i) {
    auto input = input_.feed(keys[i], now);
    if (!input) continue;
    if (const auto* size = std::get_if<ReportedSize>(&*input))
      on_reported_size(*size, now);
    else
      on_key(std::get<char>(*input), now);
  }
}

void Terminal::on_key(char key, TimePoint now) {
  View before = view_;
  KeyEffect effect = press(key, now, power_->keys, view_);
  if (effect == KeyEffect::None) return;
  stale_ = true;
  if (effect == KeyEffect::Lines) drawing_ = drawing_ == Drawing::Lines ? Drawing::Screen : Drawing::Lines;
  if (effect == KeyEffect::Redraw || effect == KeyEffect::Lines) screen_.invalidate();
  asks_size_ = asks_size_ || (effect == KeyEffect::Redraw && drawing_ == Drawing::Screen);
  bool same_page = before.page == view_.page && before.first == view_.first && before.prompt != view_.prompt;
  if (!same_page || wanted_ == Wanted::Nothing) wanted_ = same_page ? Wanted::LastRow : Wanted::Page;
  bool ends = effect == KeyEffect::PowerOff || effect == KeyEffect::Restart;
  if (ends && !power_->ask(effect, device_.path.view().substr(0, device_.path.size() - 1)))
    enter(Prompt::Refused, now, view_);
}

void Terminal::send(TimePoint now) {
  while (pending_begin_ != pending_end_) {
    auto rest = std::string_view(pending_.data() + pending_begin_, pending_end_ - pending_begin_);
    auto sent = sys::write_some(fd_.get(), as_bytes(rest));
    if (!sent && !sys::would_block(sent.error())) return close(now);
    if (!sent || *sent == 0) {
      (void)watch_.change({.readable = true, .writable = true});
      return;
    }
    pending_begin_ += *sent;
    blocked_since_ = now;
  }
  (void)watch_.change({.readable = true});
}

}  // namespace ck::console
