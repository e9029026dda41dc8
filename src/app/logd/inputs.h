// SPDX-License-Identifier: MIT
// The two sources of messages: a datagram socket where programs write as syslog(3) does, and the kernel's log, which
// holds what our own programs write to standard error, too. Each reads a bounded number of messages a turn, so that a
// flood at the one takes no turn from the other or from the servers; what cannot be an entry is counted.
#pragma once

#include <functional>

#include "engine/logring/report.h"
#include "sys/event_loop.h"

namespace ck::logd {

struct InputCalls {
  std::function<void(const logring::Entry&)> take;
  std::function<void()> turn_ends;  // after some that were taken
};

class LocalInput {
 public:
  explicit LocalInput(InputCalls calls) : calls_(std::move(calls)) {}
  // Makes the socket; everybody may write to it. Errors: System, OutOfRange.
  Result<void> start(sys::EventLoop& loop, const char* path);
  // A turn. False when nothing was left to read.
  bool read();
  const logring::SourceCounters& counters() const { return counters_; }

 private:
  void take(Bytes datagram, bool is_cut);
  InputCalls calls_;
  logring::SourceCounters counters_{.name = "log"};
  sys::UniqueFd fd_;
  sys::Watch watch_;
};

// The file may also be a FIFO or a file that holds such records, for tests: what counts is lines, not reads.
class KmsgInput {
 public:
  explicit KmsgInput(InputCalls calls) : calls_(std::move(calls)) {}
  // Errors: System.
  Result<void> start(sys::EventLoop& loop, const char* path);
  void failed(std::string_view why) { counters_.error = why; }  // static text
  bool read();
  const logring::SourceCounters& counters() const { return counters_; }

 private:
  void take_lines();
  void take(std::string_view line, TimePoint now, int64_t utc_ms);
  InputCalls calls_;
  logring::SourceCounters counters_{.name = "kmsg"};
  uint64_t expected_ = 0;  // sequence number of the next record; 0: any
  std::array<char, 16 * 1024> buffer_;
  size_t used_ = 0;
  sys::UniqueFd fd_;
  sys::Watch watch_;
};

}  // namespace ck::logd
