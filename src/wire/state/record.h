// SPDX-License-Identifier: MIT
// The records that programs publish their state in (ARCHITECTURE.md, "Contracts"): one record a line,
// `kind key=value key=value`. Values are percent-encoded where they hold a blank, a control character, '%' or a byte
// above 0x7e, so a record never spans lines whatever the network put into it.
// RecordWriter fills a caller's buffer and leaves out a whole record rather than half of one. RecordReader is a view.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"
#include "base/text.h"

namespace ck::state {

inline constexpr size_t kMaxFile = 32 * 1024;  // bytes of one state file

class RecordWriter {
 public:
  explicit RecordWriter(std::span<char> buffer) : buffer_(buffer) {}

  RecordWriter& begin(std::string_view kind);
  RecordWriter& field(std::string_view key, std::string_view value);
  RecordWriter& field(std::string_view key, int64_t value);
  // Ends the record. False, and the record is gone, when it did not fit.
  bool end();

  std::string_view view() const { return {buffer_.data(), complete_}; }
  bool truncated() const { return truncated_; }

 private:
  void put(char character);
  void put_plain(std::string_view text);
  void put_encoded(std::string_view text);
  std::span<char> buffer_;
  size_t at_ = 0;
  size_t complete_ = 0;
  bool overflow_ = false;
  bool truncated_ = false;
};

// One record of a file. Fields are looked up by key; the first wins.
class Record {
 public:
  explicit Record(std::string_view line) : line_(line) {}
  std::string_view kind() const;
  // The raw, still encoded value.
  std::optional<std::string_view> raw(std::string_view key) const;
  // The decoded value, cut at N bytes; empty when absent or badly encoded.
  template <size_t N>
  FixedString<N> text(std::string_view key) const {
    char buffer[N];
    TextWriter out(buffer);
    if (!read(key, out)) return {};
    return FixedString<N>(out.view());
  }
  // The same of any length, into `out`. False when it is absent or badly encoded.
  bool read(std::string_view key, TextWriter& out) const;
  std::optional<int64_t> number(std::string_view key) const;

 private:
  static bool decode(std::string_view encoded, TextWriter& out);
  std::string_view line_;
};

// Walks over the records of a file; empty lines are passed over.
class RecordReader {
 public:
  explicit RecordReader(std::string_view file) : lines_(file, '\n') {}
  std::optional<Record> next();

 private:
  Splitter lines_;
};

}  // namespace ck::state
