// SPDX-License-Identifier: MIT
#include "engine/console/input.h"

#include <algorithm>

namespace ck::console {

namespace {

constexpr unsigned kLargest = 9999;

}  // namespace

void write_size_question(TextWriter& out) { out.put("\033[r\033[999;999H\033[6n"); }

std::optional<std::variant<char, ReportedSize>> InputReader::feed(uint8_t byte, TimePoint now) {
  if (now - last_ > kWithinSequence) state_ = State::Ground;
  last_ = now;
  if (byte == kEscape) {
    state_ = State::Escape;
    return kEscape;
  }
  switch (state_) {
    case State::Ground: return static_cast<char>(byte);
    case State::Escape:
      state_ = byte == '[' ? State::Control : byte == 'O' ? State::Last : State::Ground;
      length_ = parameter_ = 0;
      numbers_ = {};
      plain_ = true;
      return std::nullopt;
    case State::Control: return feed_control(byte);
    case State::Last: state_ = State::Ground; return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::variant<char, ReportedSize>> InputReader::feed_control(uint8_t byte) {
  bool first = length_ == 0;
  if (++length_ > kLongestSequence || byte < 0x20 || byte > 0x7e) {
    state_ = State::Ground;  // not a sequence after all
    return static_cast<char>(byte);
  }
  if (byte >= '0' && byte <= '9') {
    if (parameter_ < numbers_.size())
      numbers_[parameter_] = std::min(numbers_[parameter_] * 10 + (byte - '0'), kLargest);
  } else if (byte == ';') {
    ++parameter_;
  } else if (byte < 0x40) {
    plain_ = false;
  } else if (byte == '[' && first) {
    state_ = State::Last;  // a function key of the Linux console: ESC [ [ A
  } else {
    state_ = State::Ground;
    if (byte == 'R' && plain_ && parameter_ == 1 && numbers_[0] > 0 && numbers_[1] > 0)
      return ReportedSize{.columns = numbers_[1], .rows = numbers_[0]};
  }
  return std::nullopt;
}

}  // namespace ck::console
