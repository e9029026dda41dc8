// SPDX-License-Identifier: MIT
// What a terminal shows at this moment, and the bytes that turn it into the next frame: cursor moves and the changed
// runs of characters, nothing else, so that there is neither flicker nor scrolling. After invalidate() the next update
// clears the terminal and writes all of it. Only what a VT100 knows is sent (ECMA-48 cursor position, erase, SGR), and
// to a Linux virtual terminal also colour, a hidden cursor and no blanking (man 4 console_codes).
#pragma once

#include "base/text.h"
#include "engine/console/frame.h"

namespace ck::console {

enum class Look : uint8_t { Plain, Linux };

// Enough for any one update.
inline constexpr size_t kMaxUpdate = 24 * 1024;

class Screen {
 public:
  void set_look(Look look) { look_ = look; }
  void invalidate() { known_ = false; }

  // Appends the bytes that make the terminal show `frame`. False when they did not fit into `out`: then out must not
  // be sent, and the screen counts as unknown.
  bool update(const Frame& frame, TextWriter& out);

 private:
  void clear(const Frame& frame, TextWriter& out);
  void write_row(const Frame& frame, unsigned row, TextWriter& out);
  void write_run(const Frame& frame, unsigned row, unsigned begin, unsigned end, TextWriter& out);

  Look look_ = Look::Plain;
  bool known_ = false;
  Frame shown_;
};

// What a program leaves behind on a terminal that it will not draw on any more: cleared, `text` at the top, the cursor
// shown.
void write_farewell(std::string_view text, Look look, TextWriter& out);

}  // namespace ck::console
