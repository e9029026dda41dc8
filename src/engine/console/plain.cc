// SPDX-License-Identifier: MIT
#include "engine/console/plain.h"

namespace ck::console {

namespace {

unsigned width_of(const Frame& frame, unsigned row) {
  unsigned width = frame.usable_columns();
  while (width > 0 && frame.cell(row, width - 1).character == ' ') --width;
  return width;
}

void write_row(const Frame& frame, unsigned row, TextWriter& out) {
  for (unsigned column = 0; column < width_of(frame, row); ++column) out.put(frame.cell(row, column).character);
  out.put("\r\n");
}

}  // namespace

void write_plain(const Frame& frame, TextWriter& out) {
  out.put("\r\n");
  bool blank = true;
  for (unsigned row = 0; row < frame.rows(); ++row) {
    bool was_blank = blank;
    blank = width_of(frame, row) == 0;
    if (!blank || !was_blank) write_row(frame, row, out);
  }
}

void write_last_row(const Frame& frame, TextWriter& out) { write_row(frame, frame.rows() - 1, out); }

}  // namespace ck::console
