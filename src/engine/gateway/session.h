// SPDX-License-Identifier: MIT
// One client's connection as a pure state machine: collect the client's bind, choose an upstream, pass the bind on, and
// relay whole, valid PDUs both ways until one side ends. An upstream that fails before it answered the bind is replaced
// by the next one, with the same bytes. It owns neither sockets nor buffers: the caller reads into *_room(), writes
// from to_*(), reports what happened, and does what the returned Step says.
//
//   Collect -> Choose -> Connect -> Answer -> Relay -> Flush -> Closed      (session.cc holds the table of edges)
//
// Deadlines: reference of the issue; kLimits below. What a peer sends can only end the session, never harm it.
#pragma once

#include <array>
#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"
#include "base/time.h"
#include "engine/gateway/pdu_pipe.h"

namespace ck::gateway {

struct Limits {
  Duration first_byte = 5s;           // from accept to the client's first byte
  Duration bind = 5s;                 // from the first byte to the whole bind
  Duration connect = 3s;              // the last upstream left to try
  Duration connect_with_others = 1s;  // while there are others
  Duration answer_with_others = 5s;   // from connected to the answer to the bind, while there are others to try
  Duration call = 20s;                // from the client's PDU to its answer
  Duration session = 30s;             // the whole connection
};
inline constexpr Limits kLimits;

// One address to try, of one member of the Directory.
struct Candidate {
  IpAddress address;
  uint32_t scope = 0;  // interface index of a link-local address
  uint16_t port = 0;
  uint8_t member = 0;
};
inline constexpr size_t kMaxCandidates = 8;
using Candidates = FixedVector<Candidate, kMaxCandidates>;

enum class SessionState : uint8_t { Collect, Choose, Connect, Answer, Relay, Flush, Closed };
std::string_view name_of(SessionState state);

// Why a session ended.
enum class End : uint8_t {
  Open,           // it has not
  Answered,       // at least one call was answered
  Unanswered,     // the bind was answered, no call was
  Probe,          // connected and left without a byte
  ClientLeft,     // left before its bind was answered
  ClientInvalid,  // sent what is no valid PDU; drop() says why
  NotABind,       // its first PDU was something else
  SecondBind,
  ClientSlow,       // the bind did not come in time
  NoUpstream,       // none is known
  UpstreamFailed,   // all that are known failed
  UpstreamInvalid,  // an upstream that had answered sent what is no valid PDU; drop() says why
  UpstreamCut,      // an upstream that had answered closed within a call
  CallTimeout,      // the upstream's silence
  ClientStuck,      // does not read its answer
  SessionTimeout,
  Aborted,  // by close(): the program ends, or a socket failed
};
std::string_view text_of(End end);
// The gateway closed the connection without an answer.
bool is_refusal(End end);

enum class Step : uint8_t {
  Continue,  // wait for what *_room(), to_*() and deadline() name
  Choose,    // call choose() with the candidates of this moment
  Connect,   // leave the present upstream, if any, and connect to candidate()
  Close,     // close both sides; end() says why
};

// How an upstream failed, for the Directory and the log; static text.
using Fault = std::string_view;

class Session {
 public:
  // Both buffers hold kMaxFragment bytes; they and the limits outlive the session.
  Session(MutableBytes client_buffer, MutableBytes upstream_buffer, TimePoint now, const Limits& limits = kLimits);

  SessionState state() const { return state_; }
  End end() const { return end_; }
  dcerpc::Drop drop() const { return drop_; }
  // While state() is Connect or later, and there was one.
  const Candidate& candidate() const { return candidates_[candidate_]; }
  bool has_candidate() const { return candidate_ < candidates_.size(); }
  // The present upstream has answered the bind; a failure from now on is not made good by another one.
  bool is_answered() const { return answered_; }
  TimePoint deadline() const;
  // PDUs passed on, both ways.
  uint32_t relayed() const { return relayed_; }

  // What to wait for. An empty room: do not read now.
  MutableBytes client_room() const;
  MutableBytes upstream_room() const;
  Bytes to_client() const {
    return state_ == SessionState::Relay || state_ == SessionState::Flush ? down_.unsent() : Bytes();
  }
  Bytes to_upstream() const { return is_connected() ? up_.unsent() : Bytes(); }
  bool is_connecting() const { return state_ == SessionState::Connect; }

  Step client_received(size_t count, TimePoint now);
  Step client_closed(TimePoint now);  // its sending half has ended
  Step client_sent(size_t count, TimePoint now);
  Step choose(const Candidates& candidates, TimePoint now);
  Step upstream_connected(TimePoint now);
  Step upstream_received(size_t count, TimePoint now);
  Step upstream_closed(TimePoint now);
  Step upstream_sent(size_t count, TimePoint now);
  // The connection to candidate() failed, or is refused by us.
  Step upstream_failed(Fault fault, TimePoint now);
  Step expired(TimePoint now);  // deadline() may have come
  Step close(End end);

  // What the last upstream that failed in this session did wrong; empty when none did.
  Fault fault() const { return fault_; }

 private:
  bool is_connected() const { return state_ == SessionState::Answer || state_ == SessionState::Relay; }
  bool has_others() const { return candidate_ + 1u < candidates_.size(); }
  void enter(SessionState next);
  Step client_pdu(TimePoint now);
  Step upstream_pdu(TimePoint now);
  Step fail_over(Fault fault, TimePoint now);
  Step start_connect(TimePoint now);
  Step finish_if_idle();

  PduPipe up_;
  PduPipe down_;
  const Limits* limits_;
  TimePoint end_of_session_;
  TimePoint step_deadline_;
  SessionState state_ = SessionState::Collect;
  End end_ = End::Open;
  dcerpc::Drop drop_{};
  Fault fault_;
  Candidates candidates_;
  uint8_t candidate_ = 0;
  bool client_done_ = false;    // sends no more
  bool answered_ = false;       // the bind was
  bool call_answered_ = false;  // a response or a fault was passed on
  uint32_t awaiting_ = 0;       // calls of the client whose answer has not been passed on
  uint32_t relayed_ = 0;
};

}  // namespace ck::gateway
