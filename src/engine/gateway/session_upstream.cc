// SPDX-License-Identifier: MIT
// The session's other side: choosing an upstream, connecting to its addresses, and what it says.
#include <algorithm>

#include "engine/gateway/session.h"
#include "engine/gateway/session_faults.h"

namespace ck::gateway {

using enum SessionState;

// ---- choosing ------------------------------------------------------------------------------------------------------

Step Session::choose(const Candidates& candidates, TimePoint now) {
  if (state_ != Choose && state_ != Queue) return state_ == Closed ? Step::Close : Step::Continue;
  candidates_ = candidates;
  attempts_ = {};
  if (candidates_.empty()) return say(Verdict::NoUpstream, now);
  return next_attempt(now);
}

Step Session::enqueue(TimePoint now) {
  if (state_ != Choose) return state_ == Closed ? Step::Close : Step::Continue;
  enter(Queue);
  step_deadline_ = now + limits_->queue;
  return Step::Continue;
}

void Session::set_greeting(Bytes greeting) {
  if (greeting.size() > kMaxGreeting) __builtin_trap();
  std::copy(greeting.begin(), greeting.end(), greeting_.begin());
  greeting_size_ = static_cast<uint8_t>(greeting.size());
}

int Session::find_attempt(AttemptState state) const {
  for (size_t i = 0; i < candidates_.size(); ++i)
    if (attempts_[i] == state) return static_cast<int>(i);
  return -1;
}

size_t Session::count_attempts(AttemptState state) const {
  return static_cast<size_t>(std::count(attempts_.begin(), attempts_.begin() + candidates_.size(), state));
}

int Session::idle_of(uint8_t member) const {
  for (size_t i = 0; i < candidates_.size(); ++i)
    if (attempts_[i] == AttemptState::Idle && candidates_[i].member == member) return static_cast<int>(i);
  return -1;
}

bool Session::others_remain(uint8_t member) const {
  for (size_t i = 0; i < candidates_.size(); ++i)
    if (attempts_[i] == AttemptState::Idle && candidates_[i].member != member) return true;
  return false;
}

// Another address of the member that is being tried; when nothing is, the first that is left.
Step Session::next_attempt(TimePoint now) {
  int trying = find_attempt(AttemptState::Trying);
  int next = trying >= 0 ? idle_of(candidates_[static_cast<size_t>(trying)].member) : find_attempt(AttemptState::Idle);
  next_attempt_ = kNever;
  if (next < 0) return trying >= 0 ? Step::Continue : say(Verdict::UpstreamsFailed, now);
  if (count_attempts(AttemptState::Trying) == kMaxTrying) return Step::Continue;  // until one fails

  attempt_ = candidate_ = static_cast<uint8_t>(next);
  uint8_t member = candidates_[attempt_].member;
  attempts_[attempt_] = AttemptState::Trying;
  if (trying < 0) {
    enter(Connect);
    up_.rewind();
    down_.clear();
    greeting_sent_ = 0;
    inspector_.forget_answer();
    step_deadline_ = now + (others_remain(member) ? limits_->connect_with_others : limits_->connect);
  }
  if (idle_of(member) >= 0) next_attempt_ = now + limits_->attempt_delay;
  return Step::Connect;
}

// ---- the upstream --------------------------------------------------------------------------------------------------

Step Session::upstream_connected(size_t index, TimePoint now) {
  if (state_ != Connect || attempts_[index] != AttemptState::Trying)
    return state_ == Closed ? Step::Close : Step::Continue;
  for (AttemptState& attempt : attempts_)
    if (attempt == AttemptState::Trying) attempt = AttemptState::Idle;  // it lost; it may be tried later
  attempts_[index] = AttemptState::Connected;
  candidate_ = static_cast<uint8_t>(index);
  enter(Answer);
  moments_.connected = now;
  step_deadline_ = now + (others_remain(candidate().member) ? limits_->answer_with_others : limits_->call);
  return Step::Continue;
}

Step Session::attempt_failed(size_t index, Fault fault, TimePoint now) {
  if (state_ != Connect || attempts_[index] != AttemptState::Trying)
    return state_ == Closed ? Step::Close : Step::Continue;
  attempts_[index] = AttemptState::Failed;
  fault_ = fault;
  return next_attempt(now);
}

// The present member is of no use to this session, whatever its address.
Step Session::fail_over(Fault fault, TimePoint now) {
  fault_ = fault;
  uint8_t member = candidate().member;
  for (size_t i = 0; i < candidates_.size(); ++i)
    if (candidates_[i].member == member) attempts_[i] = AttemptState::Failed;
  return next_attempt(now);
}

Bytes Session::to_upstream() const {
  if (!is_connected()) return {};
  if (greeting_sent_ < greeting_size_) return Bytes(greeting_).first(greeting_size_).subspan(greeting_sent_);
  return up_.unsent();
}

Step Session::upstream_sent(size_t count, TimePoint now) {
  if (count > to_upstream().size()) __builtin_trap();
  if (greeting_sent_ < greeting_size_) {
    greeting_sent_ = static_cast<uint8_t>(greeting_sent_ + count);
    return Step::Continue;
  }
  up_.sent(count);
  // The bind stays in the pipe until it was answered.
  if (state_ != Relay || !up_.all_sent()) return Step::Continue;
  ++traffic_.pdus;
  if (auto drop = up_.pop()) {
    note_addressee();
    return say(verdict_of(*drop), now);
  }
  if (up_.complete()) return client_pdu(now);
  return client_done_ && is_idle() ? end_of_service(Closer::Client) : Step::Continue;
}

Step Session::upstream_received(size_t count, TimePoint now) {
  if (!wants_upstream()) return state_ == Closed ? Step::Close : Step::Continue;
  if (down_.received(count)) {
    if (state_ == Answer) return fail_over(kFaultNotRpc, now);
    fault_ = kFaultNotRpc;
    return say(Verdict::UpstreamInvalid, now);
  }
  return down_.complete() ? upstream_pdu(now) : Step::Continue;
}

Step Session::upstream_pdu(TimePoint now) {
  if (state_ == Answer && !up_.all_sent()) return fail_over(kFaultEarly, now);
  uint16_t answers = inspector_.seen().answers;
  auto verdict = inspector_.from_server(down_.header(), down_.pdu());
  if (verdict) {
    bool follows = policy_->mode == Mode::Monitor && inspector_.is_bind_answered();
    if (!follows && state_ == Answer) return fail_over(inspector_.fault_text(), now);
    if (!follows) {
      fault_ = inspector_.fault_text();
      down_.clear();
      return say(*verdict, now);
    }
    if (remark_ == Verdict::Open) remark_ = *verdict;
  }
  if (answers == 0 && inspector_.seen().answers > 0) moments_.returned = now;
  return state_ == Answer ? bind_answered(now) : Step::Continue;
}

Step Session::bind_answered(TimePoint now) {
  enter(Relay);
  fault_ = {};
  step_deadline_ = kNever;
  moments_.answered = now;
  ++traffic_.pdus;
  if (inspector_.seen().outcome == BindOutcome::Nak) {  // and nothing can follow
    up_.clear();
    enter(Flush);
    step_deadline_ = now + limits_->call;
    return Step::Continue;
  }
  if (auto drop = up_.pop()) {
    note_addressee();
    return say(verdict_of(*drop), now);
  }
  return up_.complete() ? client_pdu(now) : Step::Continue;
}

Step Session::upstream_closed(TimePoint now) {
  if (state_ == Answer) return fail_over(kFaultClosed, now);
  if (state_ != Relay) return state_ == Closed ? Step::Close : Step::Continue;
  if (!down_.complete()) return flush(now);
  enter(Flush);
  up_.clear();
  step_deadline_ = now + limits_->call;
  return Step::Continue;
}

Step Session::upstream_lost(Fault fault, TimePoint now) {
  return state_ == Answer ? fail_over(fault, now) : upstream_closed(now);
}

}  // namespace ck::gateway
