// SPDX-License-Identifier: MIT
// The records that the log hands out, as lines for people and for programs alike:
// `SEQ UTC SEVERITY PROGRAM: TEXT`, or `# ...` where something is missing. They come in pieces; a record that is longer
// than kMaxRecord is passed over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/web/body.h"
#include "wire/state/record.h"

namespace ck::web {

// What `since=N` asks for; 0 when nothing is asked. Nothing for any other query.
std::optional<uint64_t> parse_since(std::string_view query);

class LogLines {
 public:
  static constexpr size_t kMaxRecord = 8 * 1024;
  static constexpr size_t kReserve = 64;  // of the body

  void feed(std::string_view piece, Body& out);
  // The log has ended. What was cut is said, with the number to go on from.
  void finish(Body& out);
  void restart();

 private:
  void take_record(std::string_view line, Body& out);
  void take_entry(const state::Record& record, Body& out);

  std::array<char, kMaxRecord> record_;
  size_t size_ = 0;
  bool too_long_ = false;
  bool full_ = false;  // no line fits any more
  int64_t last_ = 0;   // number of the last line that was put
};

}  // namespace ck::web
