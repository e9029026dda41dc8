// SPDX-License-Identifier: MIT
#include "engine/console/screen.h"

namespace ck::console {

namespace {

// Cells that are equal are sent again when going around them costs more than this.
constexpr unsigned kWorthAMove = 6;

std::string_view attributes(Tint tint) {
  switch (tint) {
    case Tint::Plain: return "\033[0m";
    case Tint::Title: return "\033[0;1m";
    case Tint::Good: return "\033[0;1;32m";
    case Tint::Waiting: return "\033[0;1;33m";
    case Tint::Bad: return "\033[0;1;31m";
  }
  return "\033[0m";
}

void move_to(unsigned row, unsigned column, TextWriter& out) {
  out.put("\033[").number(row + 1).put(';').number(column + 1).put('H');
}

}  // namespace

bool Screen::update(const Frame& frame, TextWriter& out) {
  size_t before = out.size();
  if (!known_ || frame.columns() != shown_.columns() || frame.rows() != shown_.rows()) clear(frame, out);
  for (unsigned row = 0; row < frame.rows(); ++row) write_row(frame, row, out);
  // A cursor that cannot be hidden rests below the text, where nobody takes it for something to edit.
  if (out.size() != before && look_ == Look::Plain) move_to(frame.rows() - 1, 0, out);
  known_ = !out.truncated();
  return known_;
}

void Screen::clear(const Frame& frame, TextWriter& out) {
  out.put("\033[0m\033[r\033[H\033[2J");
  if (look_ == Look::Linux) out.put("\033[?25l\033[9;0]\033[14;0]");
  shown_.reset(frame.columns(), frame.rows());
}

void Screen::write_row(const Frame& frame, unsigned row, TextWriter& out) {
  if (frame.same_row(shown_, row)) return;
  unsigned width = frame.usable_columns();
  unsigned column = 0;
  auto differs = [&](unsigned at) {
    Cell next = frame.cell(row, at);
    Cell now = shown_.cell(row, at);
    return next.character != now.character || (look_ == Look::Linux && next.tint != now.tint);
  };
  while (column < width) {
    if (!differs(column)) {
      ++column;
      continue;
    }
    unsigned end = column + 1;  // behind the last cell of the run that differs
    for (unsigned at = end; at < width && at - end < kWorthAMove; ++at)
      if (differs(at)) end = at + 1;
    write_run(frame, row, column, end, out);
    column = end;
  }
}

void Screen::write_run(const Frame& frame, unsigned row, unsigned begin, unsigned end, TextWriter& out) {
  move_to(row, begin, out);
  Tint tint = Tint::Plain;
  for (unsigned column = begin; column < end; ++column) {
    Cell cell = frame.cell(row, column);
    if (look_ == Look::Linux && cell.tint != tint && cell.character != ' ') {
      tint = cell.tint;
      out.put(attributes(tint));
    }
    out.put(cell.character);
    shown_.set(row, column, cell.character, cell.tint);
  }
  if (tint != Tint::Plain) out.put(attributes(Tint::Plain));
}

void write_farewell(std::string_view text, Look look, TextWriter& out) {
  out.put("\033[0m\033[r\033[H\033[2J");
  if (look == Look::Linux) out.put("\033[?25h");
  out.put(' ').put(text).put("\r\n");
}

}  // namespace ck::console
