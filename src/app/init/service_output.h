// SPDX-License-Identifier: MIT
// What a program of the build writes to its standard output and error. It is not given the kernel's log itself: what is
// written there may reach the consoles, is refused beyond a length, and comes in pieces. It has a pipe instead, a new
// one at each start, whose lines init writes there: no faster than logd takes them out again, so a program that talks
// without end waits, and no message of anybody's is overwritten for it.
#pragma once

#include "engine/supervise/output_lines.h"
#include "sys/event_loop.h"
#include "sys/unique_fd.h"

namespace ck::init {

class ServiceOutput {
 public:
  // The end that the program is to have, which it may also open by its name; close it here once the program has
  // started. Errors: System.
  Result<sys::UniqueFd> open(sys::EventLoop& loop, uint32_t uid, uint32_t gid);
  // The program is gone: the rest of what it wrote.
  void end();

 private:
  void read(size_t most);
  void on_readable();

  sys::UniqueFd reader_;
  sys::Watch watch_;
  sys::Timer pause_;
  bool has_pause_ = false;
  supervise::OutputLines lines_;
};

}  // namespace ck::init
