// SPDX-License-Identifier: MIT
#include "engine/console/frame.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace ck::console {

void Frame::reset(unsigned columns, unsigned rows) {
  columns_ = std::clamp(columns, 20u, kMaxColumns);
  rows_ = std::clamp(rows, 5u, kMaxRows);
  std::memset(cells_.data(), 0, size_t{columns_} * rows_ * sizeof(Stored));
}

Cell Frame::cell(unsigned row, unsigned column) const {
  if (row >= rows_ || column >= columns_) return kBlank;
  Stored stored = cells_[size_t{row} * columns_ + column];
  return {static_cast<char>(' ' + stored.above_blank), stored.tint};
}

void Frame::set(unsigned row, unsigned column, char character, Tint tint) {
  if (row >= rows_ || column >= usable_columns()) return;
  bool printable = character >= 0x20 && character <= 0x7e;
  cells_[size_t{row} * columns_ + column] = {static_cast<uint8_t>((printable ? character : '?') - ' '), tint};
}

bool Frame::same_row(const Frame& other, unsigned row) const {
  if (columns_ != other.columns_ || row >= rows_ || row >= other.rows_) return false;
  size_t begin = size_t{row} * columns_;
  return std::memcmp(&cells_[begin], &other.cells_[begin], columns_ * sizeof(Stored)) == 0;
}

Lines& Lines::begin(unsigned indent) {
  ++count_;
  column_ = indent;
  return *this;
}

unsigned Lines::room() const {
  unsigned width = frame_.usable_columns();
  return column_ < width ? width - column_ : 0;
}

void Lines::set(unsigned column, char character, Tint tint) {
  frame_.set(top_ + count_ - skip_ - 1, column, character, tint);
}

Lines& Lines::put(std::string_view text, Tint tint) { return cut(text, frame_.usable_columns(), tint); }

Lines& Lines::flow(std::string_view text, unsigned indent, Tint tint) {
  while (text.size() > room()) {
    unsigned width = room();
    size_t blank = text.rfind(' ', width);
    size_t end = blank == std::string_view::npos || blank == 0 ? width : blank;
    put(text.substr(0, end), tint);
    text.remove_prefix(end < text.size() && text[end] == ' ' ? end + 1 : end);
    begin(indent);
    if (room() == 0) return *this;  // a terminal narrower than the indent
  }
  return put(text, tint);
}

Lines& Lines::cut(std::string_view text, unsigned width, Tint tint) {
  width = std::min(width, room());
  bool whole = text.size() <= width;
  auto length = static_cast<unsigned>(whole ? text.size() : width);
  if (is_visible())
    for (unsigned i = 0; i < length; ++i) set(column_ + i, text[i], tint);
  column_ += length;
  if (!whole && column_ > 0 && is_visible()) set(column_ - 1, '~', tint);
  return *this;
}

Lines& Lines::number(uint64_t value, Tint tint) {
  char buffer[24];
  TextWriter text(buffer);
  return put(text.number(value).view(), tint);
}

Lines& Lines::column(unsigned column) {
  column_ = std::max(column, column_ + 1);
  return *this;
}

Lines& Lines::wrap(std::string_view text, unsigned indent, Tint tint) {
  if (text.size() > room() && column_ > indent) begin(indent);
  return put(text, tint);
}

}  // namespace ck::console
