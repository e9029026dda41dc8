// SPDX-License-Identifier: MIT
#include "engine/gateway/session.h"

#include <algorithm>

namespace ck::gateway {

namespace {

struct Edge {
  SessionState from;
  SessionState to;
};

using enum SessionState;

// Closed is reached from everywhere; those edges are not listed.
constexpr Edge kEdges[] = {
    {Collect, Choose},   // the bind is whole
    {Choose, Connect},   // there is an upstream to try
    {Connect, Connect},  // it failed, the next one
    {Connect, Answer},   // connected, the bind goes out
    {Answer, Connect},   // it failed before it answered, the next one
    {Answer, Relay},     // the answer is whole
    {Relay, Flush},      // the upstream is done, the client has not read everything yet
};

struct EndRule {
  End end;
  bool refusal;
  std::string_view text;
};

constexpr EndRule kEnds[] = {
    {End::Open, false, "open"},
    {End::Answered, false, "answered"},
    {End::Unanswered, false, "bound, but no call was answered"},
    {End::Probe, false, "probe"},
    {End::ClientLeft, false, "client left early"},
    {End::ClientInvalid, true, "invalid PDU from the client"},
    {End::NotABind, true, "first PDU is not a bind"},
    {End::SecondBind, true, "second bind"},
    {End::ClientSlow, true, "no bind in time"},
    {End::NoUpstream, true, "no upstream"},
    {End::UpstreamFailed, true, "every upstream failed"},
    {End::UpstreamInvalid, true, "invalid PDU from the upstream"},
    {End::UpstreamCut, true, "upstream closed within a call"},
    {End::CallTimeout, true, "no answer to the call in time"},
    {End::ClientStuck, true, "client does not take its answer"},
    {End::SessionTimeout, true, "session too long"},
    {End::Aborted, false, "aborted"},
};

const EndRule& rule_of(End end) {
  for (const EndRule& rule : kEnds)
    if (rule.end == end) return rule;
  return kEnds[0];
}

// What a server may answer a bind with.
bool answers_bind(dcerpc::PduType type) {
  return type == dcerpc::PduType::BindAck || type == dcerpc::PduType::BindNak || type == dcerpc::PduType::Fault;
}

// The last fragment of a call, or a negotiation. Cancels, orphans and "maybe" calls are not answered by themselves.
bool expects_answer(const dcerpc::Header& header) {
  if (header.type == dcerpc::PduType::AlterContext) return true;
  return header.type == dcerpc::PduType::Request &&
         (header.flags & (dcerpc::kLastFragment | dcerpc::kMaybe)) == dcerpc::kLastFragment;
}

constexpr Fault kFaultTimeout = "no connection in time";
constexpr Fault kFaultSilent = "connected, but the bind was not answered in time";
constexpr Fault kFaultClosed = "closed before it answered the bind";
constexpr Fault kFaultNotRpc = "answered with something that is not DCE/RPC";
constexpr Fault kFaultNotAnswer = "answered the bind with another PDU";
constexpr Fault kFaultCut = "closed within a call";
constexpr Fault kFaultCall = "did not answer a call in time";

}  // namespace

std::string_view name_of(SessionState state) {
  switch (state) {
    case Collect: return "collect";
    case Choose: return "choose";
    case Connect: return "connect";
    case Answer: return "answer";
    case Relay: return "relay";
    case Flush: return "flush";
    case Closed: return "closed";
  }
  return "unknown";
}

std::string_view text_of(End end) { return rule_of(end).text; }
bool is_refusal(End end) { return rule_of(end).refusal; }

Session::Session(MutableBytes client_buffer, MutableBytes upstream_buffer, TimePoint now, const Limits& limits)
    : up_(client_buffer, dcerpc::Direction::FromClient),
      down_(upstream_buffer, dcerpc::Direction::FromServer),
      limits_(&limits),
      end_of_session_(now + limits.session),
      step_deadline_(now + limits.first_byte) {}

void Session::enter(SessionState next) {
  bool legal = next == Closed;
  for (const Edge& edge : kEdges) legal = legal || (edge.from == state_ && edge.to == next);
  if (!legal) __builtin_trap();
  state_ = next;
}

TimePoint Session::deadline() const { return state_ == Closed ? kNever : std::min(step_deadline_, end_of_session_); }

MutableBytes Session::client_room() const {
  // After the bind nothing is read before it was answered: until then it may have to be sent again.
  if (client_done_ || (state_ != Collect && state_ != Relay)) return {};
  return up_.room();
}

MutableBytes Session::upstream_room() const { return is_connected() ? down_.room() : MutableBytes(); }

Step Session::close(End end) {
  if (state_ != Closed) {
    enter(Closed);
    end_ = end;
  }
  return Step::Close;
}

// ---- the client ----------------------------------------------------------------------------------------------------

Step Session::client_received(size_t count, TimePoint now) {
  if (client_room().empty()) return state_ == Closed ? Step::Close : Step::Continue;
  bool first = state_ == Collect && up_.empty();
  if (first && count > 0) step_deadline_ = now + limits_->bind;
  if (auto drop = up_.received(count)) {
    drop_ = *drop;
    return close(End::ClientInvalid);
  }
  return up_.complete() ? client_pdu(now) : Step::Continue;
}

Step Session::client_pdu(TimePoint now) {
  bool is_bind = up_.header().type == dcerpc::PduType::Bind;
  if (state_ == Collect) {
    if (!is_bind) return close(End::NotABind);
    enter(Choose);
    step_deadline_ = kNever;
    return Step::Choose;
  }
  if (is_bind) return close(End::SecondBind);
  if (expects_answer(up_.header())) {
    if (awaiting_ == 0) step_deadline_ = now + limits_->call;
    ++awaiting_;
  }
  return Step::Continue;
}

Step Session::client_closed(TimePoint) {
  if (state_ == Closed) return Step::Close;
  if (state_ == Collect) return close(up_.empty() ? End::Probe : End::ClientLeft);
  client_done_ = true;  // it may still read the answers that are due
  return finish_if_idle();
}

// In Relay: a client that is done and waits for nothing, with nothing on the way to it, is served.
Step Session::finish_if_idle() {
  bool idle = client_done_ && awaiting_ == 0 && !up_.complete() && down_.empty();
  if (state_ != Relay || !idle) return Step::Continue;
  return close(call_answered_ ? End::Answered : End::Unanswered);
}

Step Session::client_sent(size_t count, TimePoint now) {
  if (count > to_client().size()) __builtin_trap();
  down_.sent(count);
  if (!down_.all_sent()) return Step::Continue;
  ++relayed_;
  auto type = down_.header().type;
  bool last = (down_.header().flags & dcerpc::kLastFragment) != 0;
  // The answer to the bind is no answer to a call.
  if (last && awaiting_ > 0 && type != dcerpc::PduType::BindAck && type != dcerpc::PduType::BindNak) {
    --awaiting_;
    call_answered_ = true;
    step_deadline_ = awaiting_ > 0 ? now + limits_->call : kNever;
  }
  if (auto drop = down_.pop()) {
    drop_ = *drop;
    fault_ = kFaultNotRpc;
    return close(End::UpstreamInvalid);
  }
  // C706 12.6.4.13: the server asks the client to end the connection.
  if (type == dcerpc::PduType::Shutdown) return close(call_answered_ ? End::Answered : End::Unanswered);
  if (down_.complete()) return upstream_pdu(now);
  if (state_ == Flush) {
    if (awaiting_ > 0 || !down_.empty()) fault_ = kFaultCut;
    return close(!fault_.empty() ? End::UpstreamCut : call_answered_ ? End::Answered : End::Unanswered);
  }
  return finish_if_idle();
}

// ---- the upstream --------------------------------------------------------------------------------------------------

Step Session::choose(const Candidates& candidates, TimePoint now) {
  if (state_ != Choose) return state_ == Closed ? Step::Close : Step::Continue;
  candidates_ = candidates;
  candidate_ = 0;
  if (candidates_.empty()) return close(End::NoUpstream);
  return start_connect(now);
}

Step Session::start_connect(TimePoint now) {
  enter(Connect);
  up_.rewind();
  down_.clear();
  step_deadline_ = now + (has_others() ? limits_->connect_with_others : limits_->connect);
  return Step::Connect;
}

Step Session::fail_over(Fault fault, TimePoint now) {
  fault_ = fault;
  if (!has_others()) return close(End::UpstreamFailed);
  ++candidate_;
  return start_connect(now);
}

Step Session::upstream_connected(TimePoint now) {
  if (state_ != Connect) return state_ == Closed ? Step::Close : Step::Continue;
  enter(Answer);
  step_deadline_ = now + (has_others() ? limits_->answer_with_others : limits_->call);
  return Step::Continue;
}

Step Session::upstream_failed(Fault fault, TimePoint now) {
  if (state_ == Connect || state_ == Answer) return fail_over(fault, now);
  if (state_ == Relay) return upstream_closed(now);
  return state_ == Closed ? Step::Close : Step::Continue;
}

Step Session::upstream_sent(size_t count, TimePoint now) {
  if (count > to_upstream().size()) __builtin_trap();
  up_.sent(count);
  // The bind stays in the pipe until it was answered.
  if (state_ != Relay || !up_.all_sent()) return Step::Continue;
  ++relayed_;
  if (auto drop = up_.pop()) {
    drop_ = *drop;
    return close(End::ClientInvalid);
  }
  if (up_.complete()) return client_pdu(now);
  return finish_if_idle();
}

Step Session::upstream_received(size_t count, TimePoint now) {
  if (upstream_room().empty()) return state_ == Closed ? Step::Close : Step::Continue;
  if (auto drop = down_.received(count)) {
    drop_ = *drop;
    if (state_ == Answer) return fail_over(kFaultNotRpc, now);
    fault_ = kFaultNotRpc;
    return close(End::UpstreamInvalid);
  }
  return down_.complete() ? upstream_pdu(now) : Step::Continue;
}

Step Session::upstream_pdu(TimePoint now) {
  if (state_ != Answer) return Step::Continue;
  // An answer before the whole bind has gone out is no answer to it.
  if (!answers_bind(down_.header().type) || !up_.all_sent()) return fail_over(kFaultNotAnswer, now);
  enter(Relay);
  answered_ = true;
  fault_ = {};
  step_deadline_ = kNever;
  ++relayed_;
  if (auto drop = up_.pop()) {
    drop_ = *drop;
    return close(End::ClientInvalid);
  }
  return up_.complete() ? client_pdu(now) : Step::Continue;
}

Step Session::upstream_closed(TimePoint now) {
  if (state_ == Connect || state_ == Answer) return fail_over(kFaultClosed, now);
  if (state_ != Relay) return state_ == Closed ? Step::Close : Step::Continue;
  if (down_.complete()) {
    enter(Flush);
    step_deadline_ = now + limits_->call;
    return Step::Continue;
  }
  if (awaiting_ > 0 || !down_.empty()) {
    fault_ = kFaultCut;
    return close(End::UpstreamCut);
  }
  return close(call_answered_ ? End::Answered : End::Unanswered);
}

// ---- time ----------------------------------------------------------------------------------------------------------

Step Session::expired(TimePoint now) {
  if (state_ == Closed) return Step::Close;
  if (now >= end_of_session_) return close(state_ == Collect ? End::ClientSlow : End::SessionTimeout);
  if (now < step_deadline_) return Step::Continue;
  switch (state_) {
    case Collect: return close(End::ClientSlow);
    case Connect: return fail_over(kFaultTimeout, now);
    case Answer: return fail_over(kFaultSilent, now);
    case Relay:
      // The answer is here, but the client leaves it: that must not be held against the upstream.
      if (down_.complete()) return close(End::ClientStuck);
      fault_ = kFaultCall;
      return close(End::CallTimeout);
    case Flush: return close(End::ClientStuck);
    case Choose:
    case Closed: break;
  }
  return Step::Continue;
}

}  // namespace ck::gateway
