// SPDX-License-Identifier: MIT
// State files with anything in them, drawn on every page at two sizes: no control character reaches a frame, and after
// the differ's bytes a terminal shows exactly that frame.
#include <cstddef>
#include <cstdint>

#include "engine/console/keys.h"
#include "engine/console/screen.h"
#include "support/tiny_terminal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::console;  // NOLINT: a fuzz target
  if (size < 4) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);
  size_t first = data[0] * text.size() / 256;
  size_t second = first + data[1] * (text.size() - first) / 256;
  Inputs inputs{.init_state = text.substr(0, first),
                .netd_state = text.substr(first, second - first),
                .gateway_state = text.substr(second),
                .config_state = text.substr(first),
                .logd_state = text.substr(first),
                .timed_state = text.substr(second),
                .memory_total_kib = 20000,
                .memory_available_kib = size_t{data[2]} * 100,
                .now = ck::from_ms(data[2] * 100'000),
                .utc_ms = data[3] * 10'000'000'000};
  static char buffer[kMaxUpdate];
  for (unsigned rows : {24u, 13u}) {
    View view;
    Screen screen;
    ck::test::TinyTerminal terminal(80, rows);
    for (char key : {'1', 'n', '2', 'n', '3', '4', 'n', 'f', 'l', 'p', 'x', '?'}) {
      (void)press(key, inputs.now, PowerKeys::Allowed, view);
      Frame frame;
      frame.reset(80, rows);
      draw(inputs, view, frame);
      ck::TextWriter out(buffer);
      if (!screen.update(frame, out)) __builtin_trap();
      terminal.feed(out.view());
      for (unsigned row = 0; row < rows; ++row)
        for (unsigned column = 0; column < 80; ++column)
          if (terminal.lines()[row][column] != frame.cell(row, column).character) __builtin_trap();
    }
    if (terminal.faults() != 0) __builtin_trap();
  }
  return 0;
}
