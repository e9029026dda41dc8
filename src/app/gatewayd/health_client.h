// SPDX-License-Identifier: MIT
// The connections of a pool's health checks: one Prober for each member, its socket, and what it found for the
// Directory.
#pragma once

#include <array>
#include <functional>
#include <optional>

#include "engine/gateway/directory.h"
#include "engine/gateway/prober.h"
#include "engine/gateway/spec.h"
#include "sys/event_loop.h"
#include "sys/tcp.h"

namespace ck::gatewayd {

class HealthClient {
 public:
  struct Calls {
    std::function<Result<sys::UniqueFd>(const gateway::Candidate& to)> connect;
    // A check has ended; up says how.
    std::function<void(const gateway::Candidate& of, const gateway::ProbeResult& result)> checked;
  };
  // All outlive this. The hosts that are gateways themselves are told that nobody is behind a check.
  HealthClient(sys::EventLoop& loop, gateway::Directory& directory, const gateway::PoolSpec& spec, Calls calls);

  // Starts the checks that are due and ends those that are late. Call at deadline(), and when a check has ended.
  void run(TimePoint now);
  // While as many checks run as may, a host that is due is none: the end of a check is what it waits for.
  TimePoint deadline() const;
  void stop();

 private:
  struct Check {
    Check(gateway::Buffers& buffers, const gateway::PoolSpec& spec);
    gateway::Prober prober;
    gateway::Candidate of;
    sys::UniqueFd fd;
    sys::Watch watch;
    TimePoint began{};
    int64_t rtt_ms = -1;
    bool has_no_way = false;
  };
  void act(Check& check, gateway::ProbeStep step, TimePoint now);
  void on_event(Check& check, sys::Events events);

  sys::EventLoop& loop_;
  gateway::Directory& directory_;
  Calls calls_;
  static constexpr size_t kAtOnce = 2;
  std::array<uint8_t, kAtOnce * gateway::kBufferStride> memory_{};
  gateway::Buffers buffers_{memory_};
  std::array<Check, kAtOnce> checks_;
};

}  // namespace ck::gatewayd
