// SPDX-License-Identifier: MIT
// One question to the log at its Unix socket ($COREKMS_RUN/logd/read): what came after a number. The answer is written
// into the asker's body as lines while it comes. Told once, when it is whole or when there is none; the owner sees to
// the time.
#pragma once

#include <functional>

#include "engine/web/log_lines.h"
#include "sys/event_loop.h"

namespace ck::webd {

class LogQuery {
 public:
  // Called once, from the loop: whether the log has answered. May destroy or restart this query.
  using Done = std::function<void(bool answered)>;

  // Errors: System, when nobody listens.
  Result<void> start(sys::EventLoop& loop, uint64_t since, web::Body& out, Done done);
  void stop();
  bool is_active() const { return fd_.is_open(); }

 private:
  void on_event();
  void end(bool answered);

  web::Body* out_ = nullptr;
  web::LogLines lines_;
  Done done_;
  sys::UniqueFd fd_;
  sys::Watch watch_;
};

}  // namespace ck::webd
