// SPDX-License-Identifier: MIT
// One pool: the hosts behind some ports. Its listeners, its Directory with the DNS sockets, the places at its hosts and
// those who wait for one. A pool outlives its connections.
#pragma once

#include <algorithm>
#include <functional>

#include "app/gatewayd/connection.h"
#include "app/gatewayd/health_client.h"
#include "app/gatewayd/name_client.h"
#include "engine/gateway/directory.h"
#include "engine/gateway/spec.h"

namespace ck::gatewayd {

class Pool {
 public:
  struct Calls {
    std::function<void(Pool&, int listener)> accept;  // somebody waits at that descriptor
    std::function<void()> changed;                    // what is to be shown has
    std::function<void(Pool&, const gateway::Candidate&, const gateway::ProbeResult&)> checked;  // its health
  };
  // All outlive the pool.
  Pool(sys::EventLoop& loop, RandomSource& random, const gateway::PoolSpec& spec, Calls calls);

  // Listens. Errors: System, when a port or an address cannot be had.
  Result<void> listen();
  // Lets those who come wait in the backlog; resume() takes them again.
  void pause();
  void resume();
  void stop_listening();
  void configure(TimePoint now);

  // Gives a place at the best host and its addresses to the session, or makes it wait.
  gateway::Step choose(Connection& connection, TimePoint now);
  // The connection ends: its place is free.
  void release(Connection& connection);
  // Lets those in who wait, while there are places.
  void serve_waiting(TimePoint now);
  Result<sys::UniqueFd> connect(const gateway::Candidate& to) const;

  // Sends questions and makes checks that are due.
  void run(TimePoint now);
  TimePoint deadline() const { return std::min(directory_.deadline(), health_.deadline()); }
  const gateway::PoolSpec& spec() const { return spec_; }
  gateway::Directory& directory() { return directory_; }
  const gateway::Directory& directory() const { return directory_; }
  size_t active(size_t member) const { return active_[member]; }
  size_t waiting() const { return waiting_count_; }

 private:
  struct Listener {
    sys::UniqueFd fd;
    sys::Watch watch;
  };
  Result<void> watch(Listener& listener);
  void give_place(Connection& connection, size_t member);

  sys::EventLoop& loop_;
  const gateway::PoolSpec& spec_;
  Calls calls_;
  gateway::Directory directory_;
  NameClient names_;
  HealthClient health_;
  std::array<Listener, gateway::kMaxListeners> listeners_;
  std::array<uint16_t, gateway::kMaxMembers> active_{};
  Connection* first_waiting_ = nullptr;
  Connection* last_waiting_ = nullptr;
  size_t waiting_count_ = 0;
  bool serving_ = false;
};

}  // namespace ck::gatewayd
