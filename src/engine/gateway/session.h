// SPDX-License-Identifier: MIT
// One client's connection as a pure state machine: collect the client's bind, judge it, choose an upstream, pass the
// bind on, and relay whole PDUs that the Inspector lets through both ways until one side ends. An upstream that fails
// before it answered the bind is replaced by the next one, with the same bytes. Whoever breaks a rule, or cannot be
// served, is told so by the table of verdicts. It owns neither sockets nor buffers: the caller reads into *_room(),
// writes from to_*(), reports what happened, and does what the returned Step says.
//
//   Preface -> Collect -> Choose -> Connect -> Answer -> Relay -> Flush -> Linger -> Closed
//   (a PROXY header)      (Queue)                                          (session.cc holds the table of edges)
//
// Addresses of one upstream are tried side by side, 250 ms apart (RFC 8305 5); its members one after the other.
// Deadlines are in Limits. What a peer sends can only end its own session.
#pragma once

#include <array>
#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"
#include "base/time.h"
#include "engine/gateway/inspector.h"
#include "engine/gateway/pdu_pipe.h"

namespace ck::gateway {

struct Limits {
  Duration first_byte = 5s;           // from accept to the client's first byte
  Duration bind = 5s;                 // from the first byte to the whole bind
  Duration queue = 5s;                // for a place at the host
  Duration connect = 3s;              // the last upstream left to try
  Duration connect_with_others = 1s;  // while there are others
  Duration answer_with_others = 5s;   // from connected to the answer to the bind, while there are others to try
  Duration call = 20s;                // from the client's PDU to its answer
  Duration session = 30s;             // the whole connection
  Duration attempt_delay = 250ms;     // between two addresses of one upstream
  Duration linger = 1s;               // for the client to take a refusal and to close
  Duration refusal = 2s;              // for the bind of a client that is refused whatever it says
};

// One address to try, of one member of the Directory.
struct Candidate {
  IpAddress address;
  uint32_t scope = 0;  // interface index of a link-local address
  uint16_t port = 0;
  uint8_t member = 0;
  bool proven = false;  // the last session that tried it was answered by it
};
inline constexpr size_t kMaxCandidates = 8;
inline constexpr size_t kMaxTrying = 4;  // side by side
using Candidates = FixedVector<Candidate, kMaxCandidates>;

enum class SessionState : uint8_t { Preface, Collect, Choose, Queue, Connect, Answer, Relay, Flush, Linger, Closed };
std::string_view name_of(SessionState state);

// What the caller has to do.
enum class Step : uint8_t {
  Continue,  // wait for what *_room(), to_*() and deadline() name
  Admit,     // the preface is whole: say by admit() whose connection this is
  Choose,    // call choose() with the candidates of this moment, or enqueue()
  Connect,   // connect to candidates()[attempt()] as well; leave upstreams that attempt_state() does not call Trying
  Finish,    // everything is sent: end our sending half to the client; leave the upstream
  Close,     // close both sides; verdict() says why
};

enum class AttemptState : uint8_t { Idle, Trying, Connected, Failed };

// How an upstream failed, for the Directory and the log; static text.
using Fault = std::string_view;

// Moments of a connection; kNever: did not come.
struct Moments {
  TimePoint accepted{};
  TimePoint bound = kNever;      // the bind was whole
  TimePoint connected = kNever;  // to the upstream that answered, or was tried last
  TimePoint answered = kNever;   // the answer to the bind
  TimePoint called = kNever;     // the first request was whole
  TimePoint returned = kNever;   // its answer
};

struct Traffic {
  uint32_t client_in = 0;  // bytes
  uint32_t client_out = 0;
  uint16_t pdus = 0;  // passed on, both ways
};

class Session {
 public:
  // All of them outlive the session.
  struct Context {
    Buffers& buffers;
    const Policy& policy;
    const Limits& limits;
  };
  Session(const Context& context, Content first, TimePoint now);

  SessionState state() const { return state_; }
  Verdict verdict() const { return verdict_; }
  // In Mode::Monitor: what would have been refused first. Open: nothing.
  Verdict remark() const { return remark_; }
  // Who ended it.
  enum class Closer : uint8_t { Nobody, Client, Upstream, Gateway };
  Closer closer() const { return closer_; }
  TimePoint deadline() const;
  const Seen& seen() const { return inspector_.seen(); }
  const Moments& moments() const { return moments_; }
  const Traffic& traffic() const { return traffic_; }

  // ---- the client
  bool wants_client() const;
  MutableBytes client_room() { return wants_client() ? up_.room() : MutableBytes(); }
  Bytes to_client() const;
  // `count` may be 0: nothing came.
  Step client_received(size_t count, TimePoint now);
  Step client_closed(TimePoint now);  // its sending half has ended
  Step client_lost(TimePoint now);    // the connection broke
  Step client_sent(size_t count, TimePoint now);

  // The bytes of the preface so far; only in Preface.
  Bytes preface() const { return up_.head(); }
  // The first `size` bytes were the preface, or it is bad.
  Step admit(size_t size, TimePoint now);
  // Whatever the client says is refused, in the way that fits what it has said; at once where that can be.
  Step refuse(Verdict verdict, TimePoint now);

  // ---- choosing
  Step choose(const Candidates& candidates, TimePoint now);
  Step enqueue(TimePoint now);
  // Sent to an upstream before anything else; at most kMaxGreeting bytes. Before the first Step::Connect.
  static constexpr size_t kMaxGreeting = 52;
  void set_greeting(Bytes greeting);

  // ---- upstreams
  const Candidates& candidates() const { return candidates_; }
  uint8_t attempt() const { return attempt_; }
  AttemptState attempt_state(size_t index) const { return attempts_[index]; }
  // The one that is, or was last, connected or tried; only when there was one.
  const Candidate& candidate() const { return candidates_[candidate_]; }
  bool has_candidate() const { return candidate_ < candidates_.size(); }
  bool is_connecting() const { return state_ == SessionState::Connect; }
  // The present upstream has answered the bind; a failure from now on is not made good by another one.
  bool is_answered() const { return inspector_.is_bind_answered(); }
  bool wants_upstream() const { return is_connected() && down_.has_room(); }
  MutableBytes upstream_room() { return wants_upstream() ? down_.room() : MutableBytes(); }
  Bytes to_upstream() const;
  Step upstream_connected(size_t index, TimePoint now);
  // The connection to candidates()[index] failed, or is refused by us.
  Step attempt_failed(size_t index, Fault fault, TimePoint now);
  Step upstream_received(size_t count, TimePoint now);
  Step upstream_closed(TimePoint now);
  Step upstream_lost(Fault fault, TimePoint now);
  Step upstream_sent(size_t count, TimePoint now);

  Step expired(TimePoint now);  // deadline() may have come
  Step abort();                 // the program ends, or a socket failed

  // What the last upstream that failed in this session did wrong; empty when none did.
  Fault fault() const { return fault_; }

 private:
  bool is_connected() const { return state_ == SessionState::Answer || state_ == SessionState::Relay; }
  void enter(SessionState next);
  Step close(Verdict verdict, Closer closer);
  Step finish(TimePoint now);
  Step say(Verdict verdict, TimePoint now);
  void write_answer(const VerdictRow& row);
  void note_addressee();
  Step client_pdu(TimePoint now);
  Step upstream_pdu(TimePoint now);
  Step bind_answered(TimePoint now);
  Step fail_over(Fault fault, TimePoint now);
  Step next_attempt(TimePoint now);
  bool others_remain(uint8_t member) const;
  int find_attempt(AttemptState state) const;
  size_t count_attempts(AttemptState state) const;
  int idle_of(uint8_t member) const;
  Step flush(TimePoint now);
  Step end_of_service(Closer closer);
  bool is_idle() const { return inspector_.running() == 0 && !up_.complete() && down_.empty(); }

  PduPipe up_;
  PduPipe down_;
  const Limits* limits_;
  Inspector inspector_;
  const Policy* policy_;
  TimePoint end_of_session_;
  TimePoint step_deadline_;
  TimePoint next_attempt_ = kNever;
  SessionState state_;
  Verdict verdict_ = Verdict::Open;
  Verdict remark_ = Verdict::Open;
  Verdict doom_ = Verdict::Open;  // what the bind will be refused for
  Closer closer_ = Closer::Nobody;
  Fault fault_;
  Candidates candidates_;
  std::array<AttemptState, kMaxCandidates> attempts_{};
  uint8_t attempt_ = 0;
  uint8_t candidate_ = 0;
  bool client_done_ = false;                    // sends no more
  std::optional<dcerpc::Addressee> addressee_;  // of the client's last PDU
  std::array<uint8_t, kMaxGreeting> greeting_{};
  uint8_t greeting_size_ = 0;
  uint8_t greeting_sent_ = 0;
  std::array<uint8_t, dcerpc::kMaxAnswer> answer_{};  // the refusal
  uint8_t answer_size_ = 0;
  uint8_t answer_sent_ = 0;
  Moments moments_;
  Traffic traffic_;
};

}  // namespace ck::gateway
