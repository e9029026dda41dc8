// SPDX-License-Identifier: MIT
// The bytes that a terminal sends, as keys and as answers to the question for its size. The sequence of a special key
// (ESC [ A and the like) is the one key kEscape, so nothing in it is taken for a letter; the report of the cursor's
// position (ECMA-48 CPR, ESC [ ROW ; COLUMN R) is a size besides. Bounded: a sequence that goes on for more than
// kLongestSequence, or whose bytes come apart by more than kWithinSequence, is over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "base/text.h"
#include "base/time.h"

namespace ck::console {

inline constexpr char kEscape = 0x1b;
inline constexpr unsigned kLongestSequence = 16;
inline constexpr Duration kWithinSequence = 500ms;

// Puts the cursor as far right and down as it goes and asks where that is (ECMA-48 CUP and DSR 6).
void write_size_question(TextWriter& out);

struct ReportedSize {
  unsigned columns = 0;
  unsigned rows = 0;
  friend bool operator==(const ReportedSize&, const ReportedSize&) = default;
};

class InputReader {
 public:
  // Nothing: a byte within a sequence.
  std::optional<std::variant<char, ReportedSize>> feed(uint8_t byte, TimePoint now);

 private:
  enum class State : uint8_t { Ground, Escape, Control, Last };

  std::optional<std::variant<char, ReportedSize>> feed_control(uint8_t byte);

  State state_ = State::Ground;
  TimePoint last_;
  unsigned length_ = 0;  // of a control sequence so far
  // Its parameters; more than two, or one that is no number, make it none that is of use.
  std::array<unsigned, 2> numbers_{};
  unsigned parameter_ = 0;
  bool plain_ = true;
};

}  // namespace ck::console
