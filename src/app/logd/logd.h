// SPDX-License-Identifier: MIT
// The logs as a program: sources, ring, log servers, readers, our own state file, and the timer that all of them share.
// One object, one thread. Memory is reserved at the start.
#pragma once

#include <array>
#include <memory>

#include "app/logd/inputs.h"
#include "app/logd/outlet.h"
#include "app/logd/readers.h"
#include "sys/pages.h"
#include "sys/publish.h"
#include "sys/random.h"
#include "sys/udp_questions.h"

namespace ck::logd {

struct Paths {
  const char* log = nullptr;  // the socket for syslog(3); none: `log` in our folder, where /dev/log is to point
  const char* kmsg = "/dev/kmsg";
};

class Logd {
 public:
  // All outlive it.
  Logd(sys::EventLoop& loop, const logring::LogSpec& spec, const Paths& paths);
  // Errors: System, when the socket for syslog(3) or that of the readers cannot be had. Everything else may come later.
  Result<void> start();

 private:
  void take(const logring::Entry& entry) { ring_->append(entry); }
  void add(const logring::TargetSpec& target, Outlet::Origin origin);
  void watch_network(TimePoint now);
  void read_network();
  void send_queries(TimePoint now);
  void place_named(TimePoint now);
  void follow(const FixedVector<IpAddress, logring::kMaxLearnt>& servers);
  void wake_at(TimePoint deadline);
  void on_timer();
  void on_signal();
  bool is_idle() const;
  void changed();
  void note_changes();
  void publish(TimePoint now);

  sys::EventLoop& loop_;
  const logring::LogSpec& spec_;
  Paths paths_;
  sys::KernelRandom random_;
  sys::Pages memory_;
  std::unique_ptr<logring::Ring> ring_;
  FixedString<64> host_;
  LocalInput local_;
  KmsgInput kmsg_;
  FixedVector<std::unique_ptr<Outlet>, logring::kMaxTargets> outlets_;
  resolver::Names names_;  // of the configured servers that were given by name
  sys::UdpQuestions queries_;
  std::array<std::string_view, resolver::kMaxNames> said_;  // what was last logged of each
  std::unique_ptr<Readers> readers_;
  sys::Timer timer_;
  sys::SignalWatch signals_;
  sys::PublishedWatch netd_;
  bool netd_watched_ = false;
  bool stale_ = true;  // what is published is not how it is
  bool draining_ = false;
  TimePoint published_ = from_ms(-1000);
  TimePoint netd_again_ = kNever;
  TimePoint drain_until_ = kNever;
};

}  // namespace ck::logd
