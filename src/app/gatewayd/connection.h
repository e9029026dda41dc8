// SPDX-License-Identifier: MIT
// One client and its upstream: two sockets and a Session. It moves bytes between the sockets and the session's buffers
// for as long as something moves, then waits for exactly what the session has room or data for. A peer that has closed
// its sending half is not watched while nothing is wanted of it. The owner ends it: end() is told once, and removes it.
#pragma once

#include "engine/gateway/session.h"
#include "sys/event_loop.h"
#include "sys/tcp.h"

namespace ck::gatewayd {

class Connection;

// What a connection needs of the program.
class ConnectionOwner {
 public:
  virtual sys::EventLoop& loop() = 0;
  virtual gateway::Candidates candidates(TimePoint now) = 0;
  virtual void upstream_succeeded(const gateway::Candidate& candidate, int64_t rtt_ms) = 0;
  virtual void upstream_failed(const gateway::Candidate& candidate, std::string_view why, TimePoint now) = 0;
  // The session's deadline is (also) due then.
  virtual void wake_at(TimePoint deadline) = 0;
  // The session is closed. Destroys the connection.
  virtual void end(Connection& connection, TimePoint now) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class Connection {
 public:
  Connection(MutableBytes client_buffer, MutableBytes upstream_buffer, ConnectionOwner& owner, sys::AcceptedTcp client,
             TimePoint now);

  // Begins to watch the client. On an error the connection must be removed.
  Result<void> start();
  // Looks at the deadline; may end the connection.
  void check_time(TimePoint now);

  const gateway::Session& session() const { return session_; }
  const sys::SocketAddress& peer() const { return peer_; }
  TimePoint since() const { return since_; }

 private:
  struct Side {
    sys::UniqueFd fd;
    sys::Watch watch;  // after fd, so that it goes first
    bool readable = false;
    bool hung_up = false;
    bool blocked = false;  // the last write did not take everything
    uint8_t watched = 0;   // what the watch waits for now: 1 to read, 2 to write
  };
  // Each returns false once the connection is gone.
  bool act(gateway::Step step, TimePoint now);
  bool connect(TimePoint now);
  bool pump(TimePoint now);
  bool move_client(bool& moved, TimePoint now);
  bool move_upstream(bool& moved, TimePoint now);
  bool update(TimePoint now);
  bool watch(Side& side, bool read, bool write);
  void on_event(Side& side, sys::Events events);
  void leave_upstream();
  void report_failure(std::string_view why, TimePoint now);

  ConnectionOwner& owner_;
  sys::SocketAddress peer_;
  TimePoint since_;
  TimePoint connect_began_{};
  int64_t rtt_ms_ = 0;
  gateway::Session session_;
  Side client_;
  Side upstream_;
  bool reported_ = false;  // that the present upstream works
};

}  // namespace ck::gatewayd
