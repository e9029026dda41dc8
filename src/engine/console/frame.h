// SPDX-License-Identifier: MIT
// A frame: what is to stand on a terminal, one printable ASCII character and one tint a cell; and Lines, which writes
// text into it line by line. Whatever is not printable ASCII becomes '?' on its way into a cell, so nothing that came
// from the network can reach a terminal as a control sequence. Text that does not fit ends in '~': it is never cut
// silently. The last column stays empty, so that no terminal wraps.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ck::console {

inline constexpr unsigned kMaxColumns = 132;
inline constexpr unsigned kMaxRows = 60;
inline constexpr unsigned kDefaultColumns = 80;
inline constexpr unsigned kDefaultRows = 24;

// Shown as colour where the terminal has it; never the only sign of anything.
enum class Tint : uint8_t { Plain, Title, Good, Waiting, Bad };

struct Cell {
  char character = ' ';
  Tint tint = Tint::Plain;
  friend bool operator==(const Cell&, const Cell&) = default;
};

inline constexpr Cell kBlank{};

// Of no size until the first reset().
class Frame {
 public:
  // Blank, of this size; sizes beyond the bounds are brought into them.
  void reset(unsigned columns, unsigned rows);
  unsigned columns() const { return columns_; }
  unsigned rows() const { return rows_; }
  unsigned usable_columns() const { return columns_ > 0 ? columns_ - 1 : 0; }

  // Outside of the frame is blank.
  Cell cell(unsigned row, unsigned column) const;
  // Writes outside of the usable columns are dropped.
  void set(unsigned row, unsigned column, char character, Tint tint);
  // Both frames have the same columns and the same cells in this row.
  bool same_row(const Frame& other, unsigned row) const;

 private:
  // Printable characters count from the blank, so that blank cells are zero bytes: a frame is cleared in one go, and
  // what of it was never used is never touched. No initial value, on purpose.
  struct Stored {
    uint8_t above_blank;
    Tint tint;
  };
  unsigned columns_ = 0;
  unsigned rows_ = 0;
  std::array<Stored, size_t{kMaxColumns} * kMaxRows> cells_;
};

// Writes lines into the rows [top, top + height) of a frame, passing over the first `skip` lines. Lines outside of this
// window are counted but not drawn, so a first pass with height 0 tells how many there will be.
class Lines {
 public:
  Lines(Frame& frame, unsigned top, unsigned height, unsigned skip = 0)
      : frame_(frame), top_(top), height_(height), skip_(skip) {}

  // Starts the next line, `indent` columns in.
  Lines& begin(unsigned indent = 1);
  Lines& put(std::string_view text, Tint tint = Tint::Plain);
  Lines& number(uint64_t value, Tint tint = Tint::Plain);
  // Moves on to a column; when the text is there already, one blank further.
  Lines& column(unsigned column);
  // put(), on a new line `indent` columns in when the text does not fit on this one.
  Lines& wrap(std::string_view text, unsigned indent, Tint tint = Tint::Plain);
  // put(), going on `indent` columns in on as many lines as it takes, broken at blanks where there are some.
  Lines& flow(std::string_view text, unsigned indent, Tint tint = Tint::Plain);
  // put(), cut to `width` columns.
  Lines& cut(std::string_view text, unsigned width, Tint tint = Tint::Plain);

  unsigned count() const { return count_; }
  unsigned position() const { return column_; }
  unsigned room() const;

 private:
  bool is_visible() const { return count_ > skip_ && count_ - skip_ <= height_; }
  void set(unsigned column, char character, Tint tint);

  Frame& frame_;
  unsigned top_;
  unsigned height_;
  unsigned skip_;
  unsigned count_ = 0;  // lines begun
  unsigned column_ = 0;
};

}  // namespace ck::console
