// SPDX-License-Identifier: MIT
// The socket of one log server: connects when the Target says so, hands over what it yields, tells it what came of it.
// Of a connection the kernel keeps few messages, so that the rest waits in the ring, where it is counted.
#pragma once

#include <functional>

#include "engine/logring/target.h"
#include "sys/event_loop.h"
#include "sys/unique_fd.h"

namespace ck::logd {

class Outlet {
 public:
  struct Calls {
    std::function<std::string_view()> host;  // our name
    std::function<void()> changed;           // something to publish, or another deadline
  };
  enum class Origin : uint8_t { Configured, Learnt };
  Outlet(sys::EventLoop& loop, const logring::TargetSpec& spec, Origin origin, const logring::Ring& ring,
         RandomSource& random, Calls calls);

  const logring::Target& target() const { return target_; }
  bool is_learnt() const { return origin_ == Origin::Learnt; }
  // All that is due: give up, connect, send. There may be more in the ring.
  void run(TimePoint now);
  // Nothing is left that could be sent now.
  bool is_idle() const { return target_.state() != logring::TargetState::Ready || target_.queued() == 0; }

 private:
  void connect(TimePoint now);
  void on_event(sys::Events events);
  bool hear(TimePoint now);
  void pump(TimePoint now);
  void fail(const Error& error, TimePoint now);
  void close();
  size_t unacknowledged() const;
  void await_room(bool wanted);
  void say_state();

  sys::EventLoop& loop_;
  Calls calls_;
  Origin origin_;
  logring::Target target_;
  bool said_down_ = false;
  bool awaits_room_ = false;
  sys::UniqueFd fd_;
  sys::Watch watch_;
};

}  // namespace ck::logd
