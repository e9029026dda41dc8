// SPDX-License-Identifier: MIT
// The clock as a program: what netd publishes and the configuration name the servers, the Keeper says what to send and
// what to do to the clock, and everybody may read how well it goes. One object, one thread, one timer.
#pragma once

#include "app/timed/clock.h"
#include "engine/resolver/names.h"
#include "engine/time/keeper.h"
#include "engine/time/network.h"
#include "engine/time/report.h"
#include "engine/time/spec.h"
#include "sys/event_loop.h"
#include "sys/publish.h"
#include "sys/random.h"
#include "sys/udp_questions.h"

namespace ck::timed {

class Timed {
 public:
  // `loop` and `clock` outlive this.
  Timed(sys::EventLoop& loop, Clock& clock, const timekeeping::TimeSpec& spec, const timekeeping::Rules& rules);
  // Says that it is ready; servers may come later. Errors: System.
  Result<void> start();

  const timekeeping::Keeper& keeper() const { return keeper_; }

 private:
  void watch_network(TimePoint now);
  void read_network();
  void name_servers(TimePoint now);
  void work();
  void send_queries(TimePoint now);
  void send_questions();
  void correct();
  void say_state();
  void publish(TimePoint now);
  void on_timer();
  void on_signal();

  sys::EventLoop& loop_;
  Clock& clock_;
  timekeeping::UseLearnt learnt_;
  sys::KernelRandom random_;
  timekeeping::Keeper keeper_;
  resolver::Names names_;
  timekeeping::Network network_;
  timekeeping::Steps steps_;
  sys::UdpQuestions questions_;
  sys::UdpQuestions queries_;
  sys::Timer timer_;
  sys::SignalWatch signals_;
  sys::PublishedWatch netd_;
  TimePoint netd_again_ = kNever;
  TimePoint published_ = from_ms(-1000);
  TimePoint publish_again_ = kNever;
  FixedString<64> said_;
  bool netd_watched_ = false;
  bool said_denied_ = false;
};

}  // namespace ck::timed
