// SPDX-License-Identifier: MIT
// A terminal as small as the screen's needs: cursor position, erase all, attributes, private modes and the question for
// its size (ignored). It is strict: any other sequence, a character in the last column, or a move off the screen is
// counted as a fault.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ck::test {

class TinyTerminal {
 public:
  TinyTerminal(unsigned columns, unsigned rows) : columns_(columns), lines_(rows, std::string(columns, ' ')) {}

  void feed(std::string_view bytes) {
    for (size_t at = 0; at < bytes.size();)
      at += bytes[at] == '\033' ? sequence(bytes.substr(at)) : character(bytes[at]);
  }
  const std::vector<std::string>& lines() const { return lines_; }
  unsigned faults() const { return faults_; }
  unsigned clears() const { return clears_; }

 private:
  size_t character(char value) {
    if (value < 0x20 || value > 0x7e || row_ >= lines_.size() || column_ + 1 >= columns_)
      ++faults_;
    else
      lines_[row_][column_++] = value;
    return 1;
  }
  size_t sequence(std::string_view bytes) {
    size_t end = bytes.find_first_not_of("0123456789;?", 2);
    if (bytes.size() < 3 || bytes[1] != '[' || end == std::string_view::npos) {
      ++faults_;
      return 1;
    }
    std::string_view body = bytes.substr(2, end - 2);
    switch (bytes[end]) {
      case 'H': move(body); break;
      case 'J':
        if (body != "2") ++faults_;
        ++clears_;
        for (std::string& line : lines_) line.assign(columns_, ' ');
        break;
      case 'm':
      case 'n':
      case 'r':
      case 'l':
      case 'h':
      case ']': break;
      default: ++faults_;
    }
    return end + 1;
  }
  void move(std::string_view body) {
    row_ = column_ = 0;
    if (body == "999;999") return;  // as far as it goes; the next move is absolute
    if (body.empty()) return;
    std::string text(body);
    row_ = std::stoul(text) - 1;
    column_ = std::stoul(text.substr(text.find(';') + 1)) - 1;
    if (row_ >= lines_.size() || column_ >= columns_) ++faults_;
  }

  size_t columns_;
  std::vector<std::string> lines_;
  size_t row_ = 0;
  size_t column_ = 0;
  unsigned faults_ = 0;
  unsigned clears_ = 0;
};

}  // namespace ck::test
