// SPDX-License-Identifier: MIT
// The socket of one log server: connects when the Target says so, hands over what it yields, tells it what came of it.
// Of a connection the kernel keeps few messages, so that the rest waits in the ring, where it is counted. Over TLS the
// bytes pass through a tls::Client, which lives as long as the connection.
#pragma once

#include <functional>
#include <memory>

#include "engine/logring/target.h"
#include "engine/tls/client.h"
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
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  const logring::Target& target() const { return target_; }
  // Where it is, now that it is known, or is elsewhere.
  void set_address(const IpAddress& address, TimePoint now);
  // It is known, and no connection can be had.
  bool is_failing() const;
  bool is_learnt() const { return origin_ == Origin::Learnt; }
  // All that is due: give up, connect, send. There may be more in the ring.
  void run(TimePoint now);
  // Nothing is left that could be sent now.
  bool is_idle() const { return target_.state() != logring::TargetState::Ready || target_.queued() == 0; }

 private:
  void connect(TimePoint now);
  void on_event(sys::Events events);
  bool begin(TimePoint now);
  bool secure(TimePoint now);
  bool hear(TimePoint now);
  bool hear_last_words(TimePoint now);
  bool flush(TimePoint now);
  void pump(TimePoint now);
  Result<size_t> offer(Bytes bytes);
  bool fail(const Error& error, TimePoint now);
  bool fail(std::string_view why, TimePoint now);
  void close();
  size_t unacknowledged() const;
  void await_room(bool wanted);
  void say_state();

  sys::EventLoop& loop_;
  Calls calls_;
  Origin origin_;
  RandomSource& random_;
  logring::Target target_;
  bool said_down_ = false;
  bool awaits_room_ = false;
  bool hears_ = true;
  bool has_seeded_ = false;           // the kernel is at it
  std::unique_ptr<tls::Client> tls_;  // while there is a connection over it
  sys::UniqueFd fd_;
  sys::Watch watch_;
};

}  // namespace ck::logd
