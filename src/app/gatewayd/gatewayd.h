// SPDX-License-Identifier: MIT
// The gateway as a program: the listener, the connections, the DNS sockets, what netd publishes, our own state file and
// the timer that all of them share. One object, one thread.
#pragma once

#include <span>

#include "app/gatewayd/connection.h"
#include "app/gatewayd/name_client.h"
#include "app/gatewayd/pool.h"
#include "engine/gateway/directory.h"
#include "engine/gateway/rate_limit.h"
#include "engine/gateway/report.h"
#include "sys/event_loop.h"
#include "sys/publish.h"
#include "sys/random.h"

namespace ck::gatewayd {

struct Options {
  uint16_t port = gateway::kDefaultPort;
  FixedVector<gateway::Endpoint, gateway::kMaxMembers> upstreams;
};

class Gatewayd final : public ConnectionOwner {
 public:
  explicit Gatewayd(sys::EventLoop& loop);
  // Listens and says so; everything else may come later. Errors: System, when the port cannot be had.
  Result<void> start(const Options& options);

  // For the connections.
  sys::EventLoop& loop() override { return loop_; }
  gateway::Candidates candidates(TimePoint now) override { return directory_.candidates(now); }
  void upstream_succeeded(const gateway::Candidate& candidate, int64_t rtt_ms) override;
  void upstream_failed(const gateway::Candidate& candidate, std::string_view why, TimePoint now) override;
  void wake_at(TimePoint deadline) override;
  void end(Connection& connection, TimePoint now) override;

 private:
  void accept();
  void read_network();
  void watch_network(TimePoint now);
  void on_signal(int signal);
  void on_timer();
  void changed(TimePoint now);
  void publish(TimePoint now);
  void log_end(const Connection& connection, TimePoint now);
  void say_state(TimePoint now);

  sys::EventLoop& loop_;
  sys::KernelRandom random_;
  gateway::Directory directory_;
  NameClient names_;
  Pool<Connection> connections_;
  sys::UniqueFd listener_;
  sys::Watch listener_watch_;
  sys::Timer timer_;
  sys::SignalWatch signals_;
  sys::PublishedWatch netd_;
  gateway::RateLimit log_limit_{20, 250ms};
  gateway::Status status_;
  FixedString<32> listen_text_;
  AddressText last_client_;
  FixedString<160> last_error_;
  FixedString<16> said_state_;
  bool netd_watched_ = false;
  TimePoint published_ = from_ms(-1000);
  TimePoint netd_again_ = kNever;
  TimePoint accept_again_ = kNever;
  TimePoint drain_until_ = kNever;
};

}  // namespace ck::gatewayd
