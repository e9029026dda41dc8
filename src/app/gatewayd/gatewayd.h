// SPDX-License-Identifier: MIT
// The gateway as a program: pools and their connections, who may come and how often, what netd publishes, our own state
// file, the log, and the timer that all of them share. One object, one thread. Memory is reserved at the start.
#pragma once

#include <array>
#include <memory>

#include "app/gatewayd/pool.h"
#include "app/gatewayd/slots.h"
#include "engine/gateway/distinct_sketch.h"
#include "engine/gateway/ledger.h"
#include "engine/gateway/rate_limit.h"
#include "engine/gateway/report.h"
#include "engine/gateway/source_table.h"
#include "sys/event_loop.h"
#include "sys/publish.h"
#include "sys/random.h"

namespace ck::gatewayd {

class Gatewayd final : public ConnectionOwner {
 public:
  // `spec` has at least one pool and outlives this.
  Gatewayd(sys::EventLoop& loop, const gateway::GatewaySpec& spec);
  // Listens and says so; everything else may come later. Errors: System, when a port cannot be had.
  Result<void> start();

  // For the connections.
  sys::EventLoop& loop() override { return loop_; }
  gateway::Step admit(Connection& connection, TimePoint now) override;
  gateway::Step choose(Connection& connection, TimePoint now) override;
  Result<sys::UniqueFd> connect(Connection& connection, const gateway::Candidate& to) override;
  void upstream_succeeded(Connection& connection, const gateway::Candidate& candidate, int64_t rtt_ms) override;
  void upstream_failed(Connection& connection, const gateway::Candidate& candidate, std::string_view why,
                       TimePoint now) override;
  void wake_at(TimePoint deadline) override;
  void end(Connection& connection, TimePoint now) override;

 private:
  Result<void> reserve();
  void accept(Pool& pool, int listener);
  void take(Pool& pool, sys::AcceptedTcp client, TimePoint now);
  std::optional<gateway::Verdict> judge_source(const IpAddress& source, Connection::Account& account, TimePoint now);
  void note_trouble(const IpAddress& source, std::string_view what);
  void refuse_unseen(const sys::SocketAddress& peer, gateway::Verdict verdict, TimePoint now);
  void greet(Connection& connection);
  bool is_balancer(const IpAddress& address) const;
  void checked(Pool& pool, const gateway::Candidate& of, const gateway::ProbeResult& result);
  void read_network();
  void watch_network(TimePoint now);
  void on_signal(int signal);
  void on_timer();
  void counted(TimePoint now);
  void changed(TimePoint now);
  void publish(TimePoint now);
  void log_end(const Connection& connection, TimePoint now);
  void say_state(TimePoint now);

  sys::EventLoop& loop_;
  const gateway::GatewaySpec& spec_;
  sys::KernelRandom random_;
  sys::Pages buffer_pages_;
  gateway::Buffers buffers_;
  gateway::SourceTable sources_;
  FixedVector<std::unique_ptr<Pool>, gateway::kMaxPools> pools_;
  Slots<Connection, gateway::kMaxPlaces> connections_;  // after what they use
  size_t most_ = 0;
  sys::Timer timer_;
  sys::SignalWatch signals_;
  sys::PublishedWatch netd_;
  gateway::RateLimit log_limit_{40, 100ms};
  gateway::Ledger ledger_;
  gateway::DistinctSketch seen_sources_{random_};
  gateway::Status status_;
  FixedString<160> last_error_;
  FixedString<16> said_state_;
  uint32_t number_ = 0;
  bool netd_watched_ = false;
  TimePoint published_ = from_ms(-1000);
  TimePoint netd_again_ = kNever;
  TimePoint accept_again_ = kNever;
  TimePoint drain_until_ = kNever;
};

}  // namespace ck::gatewayd
