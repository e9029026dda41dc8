// SPDX-License-Identifier: MIT
// One client and its upstream: sockets and a Session. It moves bytes between the sockets and the session's buffers for
// as long as something moves; the sockets tell once that there is more (edge-triggered). Up to kMaxTrying connections
// to addresses of the upstream are under way side by side, one of them becomes the upstream. The owner ends it: end()
// is told once, and removes it.
#pragma once

#include <array>

#include "engine/gateway/session.h"
#include "sys/event_loop.h"
#include "sys/tcp.h"

namespace ck::gatewayd {

class Connection;
class Pool;

// What a connection needs of the program.
class ConnectionOwner {
 public:
  virtual sys::EventLoop& loop() = 0;
  // The preface has grown, a place at an upstream is wanted: the owner asks the session on.
  virtual gateway::Step admit(Connection& connection, TimePoint now) = 0;
  virtual gateway::Step choose(Connection& connection, TimePoint now) = 0;
  virtual Result<sys::UniqueFd> connect(Connection& connection, const gateway::Candidate& to) = 0;
  virtual void upstream_succeeded(Connection& connection, const gateway::Candidate& candidate, int64_t rtt_ms) = 0;
  virtual void upstream_failed(Connection& connection, const gateway::Candidate& candidate, std::string_view why,
                               TimePoint now) = 0;
  // The session's deadline is (also) due then.
  virtual void wake_at(TimePoint deadline) = 0;
  // The session is closed. Destroys the connection.
  virtual void end(Connection& connection, TimePoint now) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class Connection {
 public:
  struct Start {
    ConnectionOwner& owner;
    Pool& pool;
    gateway::Session::Context session;
    gateway::Content first;
    uint32_t number;
  };
  Connection(const Start& start, sys::AcceptedTcp client, TimePoint now);
  ~Connection();

  // Begins to watch the client. On an error the connection must be removed.
  Result<void> start();
  // Moves what the client has said already; false when the connection is gone.
  bool begin(TimePoint now) { return pump(now); }
  // Refuses whatever the client says; false when the connection is gone.
  bool refuse(gateway::Verdict verdict, TimePoint now) { return act(session_.refuse(verdict, now), now); }
  // A place at the upstream may be free; false when the connection is gone.
  bool retry(TimePoint now);
  // Looks at the deadline; may end the connection.
  void check_time(TimePoint now);
  // Ends it now.
  void abort(TimePoint now) { (void)act(session_.abort(), now); }

  gateway::Session& session() { return session_; }
  const gateway::Session& session() const { return session_; }
  Pool& pool() const { return pool_; }
  uint32_t number() const { return number_; }
  // Who it is: the peer, or whom a balancer named.
  const sys::SocketAddress& peer() const { return peer_; }
  const sys::SocketAddress& source() const { return source_; }
  void set_source(const sys::SocketAddress& source) { source_ = source; }

  // Our end of the client's connection. Errors: System.
  Result<sys::SocketAddress> local_address() const { return sys::local_address(client_.fd.get()); }

  // Kept for the owner.
  struct Account {
    bool counted = false;        // in the table of sources
    int8_t member = -1;          // at which a place is held
    bool waiting = false;        // for a place
    Connection* next = nullptr;  // that waits, in order of coming
  };
  Account account;

 private:
  static constexpr uint8_t kNobody = 255;
  struct Side {
    sys::UniqueFd fd;
    sys::Watch watch;
    bool readable = false;
    bool hung_up = false;
    bool blocked = false;  // the last write did not take everything
  };
  struct Upstream : Side {
    uint8_t candidate = kNobody;
    TimePoint began{};
  };

  // Each returns false once the connection is gone.
  bool act(gateway::Step step, TimePoint now);
  bool connect_all(gateway::Step step, TimePoint now);
  bool pump(TimePoint now);
  bool move_client(bool& moved, TimePoint now);
  bool move_upstream(bool& moved, TimePoint now);
  void on_client(sys::Events events);
  void on_upstream(Upstream& upstream, sys::Events events);
  void note(Side& side, sys::Events events);
  bool judge(gateway::Step step, const gateway::Candidate& tried, bool answered, TimePoint now);
  void leave(Upstream& upstream);
  void leave_lost_attempts(TimePoint now);
  Upstream* connected();

  ConnectionOwner& owner_;
  Pool& pool_;
  uint32_t number_;
  sys::SocketAddress peer_;
  sys::SocketAddress source_;
  gateway::Session session_;
  Side client_;
  std::array<Upstream, gateway::kMaxTrying> upstreams_;
  int64_t rtt_ms_ = 0;
  bool more_ = false;      // to move, when others have had their turn
  bool reported_ = false;  // that the present upstream works
};

}  // namespace ck::gatewayd
