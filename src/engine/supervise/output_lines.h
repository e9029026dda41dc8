// SPDX-License-Identifier: MIT
// What a program of the build writes to its standard output and error, as lines of the log. A line may begin with its
// severity, "<3>", as syslog and systemd read it (sd-daemon(3)); a facility in that number is left out. Text of a
// program reaches no console: severity 0, which the kernel would show there, counts as 1. Nothing is lost: what is too
// long for one entry goes on in the next, cut between characters of UTF-8.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ck::supervise {

struct OutputLine {
  unsigned severity;      // 1 to 7, as syslog counts them
  std::string_view text;  // without control characters, never empty; good until more is read
};

class OutputLines {
 public:
  // Bytes, fewer where they are not ASCII: the kernel refuses a message of more than 1024, and escapes what it gives
  // out.
  static constexpr size_t kMaxLine = 900;

  // Where to read more bytes to: at least kMaxLine bytes when next() has returned nothing.
  std::span<uint8_t> room();
  void filled(size_t size);
  // Nothing: no line is whole.
  std::optional<OutputLine> next();
  // After that, what has no end yet: whoever wrote it is gone.
  std::optional<OutputLine> rest();

 private:
  std::optional<OutputLine> line(size_t size, size_t used, bool goes_on);

  std::array<uint8_t, 2 * kMaxLine> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::optional<unsigned> severity_;  // of the line that goes on
};

}  // namespace ck::supervise
