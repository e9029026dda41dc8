// SPDX-License-Identifier: MIT
#include "engine/gateway/session.h"

#include <algorithm>

#include "engine/gateway/session_faults.h"

namespace ck::gateway {

namespace {

struct Edge {
  SessionState from;
  SessionState to;
};

using enum SessionState;

// Closed is reached from everywhere, Flush (a refusal goes out) from everything before it; those edges are not listed.
constexpr Edge kEdges[] = {
    {Preface, Collect},  // the PROXY header is whole
    {Collect, Choose},   // the bind is whole and may pass
    {Choose, Queue},     // the upstream has as many connections as it may
    {Choose, Connect},   // there is an upstream to try
    {Queue, Connect},    // a place is free
    {Connect, Connect},  // another address, the next member
    {Connect, Answer},   // connected, the bind goes out
    {Answer, Connect},   // it failed before it answered, the next one
    {Answer, Relay},     // the answer is whole
    {Flush, Linger},     // everything is sent
};

bool is_legal(SessionState from, SessionState to) {
  if (to == Closed || (to == Flush && from <= Flush)) return true;
  return std::any_of(std::begin(kEdges), std::end(kEdges),
                     [&](const Edge& edge) { return edge.from == from && edge.to == to; });
}

}  // namespace

std::string_view name_of(SessionState state) {
  switch (state) {
    case Preface: return "preface";
    case Collect: return "collect";
    case Choose: return "choose";
    case Queue: return "queue";
    case Connect: return "connect";
    case Answer: return "answer";
    case Relay: return "relay";
    case Flush: return "flush";
    case Linger: return "linger";
    case Closed: return "closed";
  }
  return "unknown";
}

Session::Session(const Context& context, Content first, TimePoint now)
    : up_(context.buffers, dcerpc::Direction::FromClient, first),
      down_(context.buffers, dcerpc::Direction::FromServer),
      limits_(&context.limits),
      inspector_(context.policy),
      policy_(&context.policy),
      end_of_session_(now + context.limits.session),
      step_deadline_(now + context.limits.first_byte),
      state_(first == Content::Preface ? Preface : Collect) {
  moments_.accepted = now;
}

void Session::enter(SessionState next) {
  if (!is_legal(state_, next)) __builtin_trap();
  state_ = next;
}

TimePoint Session::deadline() const {
  if (state_ == Closed) return kNever;
  TimePoint least = std::min(step_deadline_, end_of_session_);
  return state_ == Connect ? std::min(least, next_attempt_) : least;
}

Step Session::close(Verdict verdict, Closer closer) {
  if (state_ != Closed) {
    enter(Closed);
    if (verdict_ == Verdict::Open) verdict_ = verdict;
    if (closer_ == Closer::Nobody) closer_ = closer;
    up_.clear();
    down_.clear();
  }
  return Step::Close;
}

Step Session::abort() { return close(Verdict::Aborted, Closer::Gateway); }

// ---- refusing ------------------------------------------------------------------------------------------------------

void Session::note_addressee() {
  if (up_.complete())
    addressee_ = dcerpc::Addressee{.order = up_.header().order, .call_id = up_.header().call_id};
  else
    addressee_ = dcerpc::addressee_of(up_.head());
}

void Session::write_answer(const VerdictRow& row) {
  if (!addressee_) return;
  if (inspector_.is_bind_answered() && row.fault) {
    // What took too long or a host failed at is the call that runs; what a client did wrong is its last PDU, which went
    // nowhere.
    bool by_client = row.blame == Blame::Client;
    auto running = by_client ? std::nullopt : inspector_.first_running();
    auto executed = by_client ? dcerpc::Executed::No : dcerpc::Executed::Maybe;
    uint32_t call_id = running.value_or(addressee_->call_id);
    answer_size_ =
        static_cast<uint8_t>(dcerpc::write_fault(*row.fault, executed, addressee_->order, call_id, answer_).size());
  } else if (row.nak) {
    answer_size_ =
        static_cast<uint8_t>(dcerpc::write_bind_nak(*row.nak, addressee_->order, addressee_->call_id, answer_).size());
  }
}

// Ends the session with what the table says. A PDU that is on its way to the client goes out whole before.
Step Session::say(Verdict verdict, TimePoint now) {
  if (state_ == Linger || state_ == Closed) return close(verdict, Closer::Gateway);
  if (verdict_ != Verdict::Open) return Step::Continue;  // has been said
  verdict_ = verdict;
  closer_ = Closer::Gateway;
  write_answer(row_of(verdict));
  up_.clear();
  if (!down_.complete()) down_.clear();
  if (answer_size_ == 0 && !down_.complete()) return close(verdict, Closer::Gateway);
  enter(Flush);
  step_deadline_ = now + limits_->linger;
  end_of_session_ = std::max(end_of_session_, now + 2 * limits_->linger);
  return Step::Continue;
}

Step Session::refuse(Verdict verdict, TimePoint now) {
  if (state_ != Preface && state_ != Collect) return say(verdict, now);
  if (!row_of(verdict).nak) return close(verdict, Closer::Gateway);
  if (doom_ == Verdict::Open) {
    doom_ = verdict;
    end_of_session_ = std::min(end_of_session_, now + limits_->refusal);
  }
  return Step::Continue;
}

// The refusal is out; the client may still be sending, and a close now could take the refusal away from it again.
Step Session::finish(TimePoint now) {
  enter(Linger);
  step_deadline_ = now + limits_->linger;
  return Step::Finish;
}

// ---- the client ----------------------------------------------------------------------------------------------------

bool Session::wants_client() const {
  if (client_done_) return false;
  // After the bind nothing is read before it was answered: until then it may have to be sent again.
  if (state_ == Preface || state_ == Collect || state_ == Relay) return up_.has_room();
  return state_ == Linger;  // to be thrown away
}

Step Session::client_received(size_t count, TimePoint now) {
  if (!wants_client()) return state_ == Closed ? Step::Close : Step::Continue;
  if (traffic_.client_in == 0 && count > 0) step_deadline_ = now + limits_->bind;
  traffic_.client_in += static_cast<uint32_t>(count);
  auto drop = up_.received(count);
  if (state_ == Linger) {
    up_.clear();
    return Step::Continue;
  }
  if (state_ == Preface) return count > 0 ? Step::Admit : Step::Continue;
  if (drop) {
    note_addressee();
    return say(verdict_of(*drop), now);
  }
  return up_.complete() ? client_pdu(now) : Step::Continue;
}

Step Session::admit(size_t size, TimePoint now) {
  if (state_ != Preface) return state_ == Closed ? Step::Close : Step::Continue;
  enter(Collect);
  if (auto drop = up_.begin_pdus(size)) {
    note_addressee();
    return say(verdict_of(*drop), now);
  }
  return up_.complete() ? client_pdu(now) : Step::Continue;
}

Step Session::client_pdu(TimePoint now) {
  note_addressee();
  bool was_running = inspector_.running() > 0;
  auto verdict = inspector_.from_client(up_.header(), up_.pdu());
  if (state_ == Collect && doom_ != Verdict::Open) return say(doom_, now);
  if (verdict) {
    // A connection that does not begin with a bind cannot be followed, not even by looking on.
    if (policy_->mode != Mode::Monitor || *verdict == Verdict::NotABind) return say(*verdict, now);
    if (remark_ == Verdict::Open) remark_ = *verdict;
  }
  if (state_ == Collect) {
    moments_.bound = now;
    enter(Choose);
    step_deadline_ = kNever;
    return Step::Choose;
  }
  if (moments_.called == kNever) moments_.called = now;
  if (!was_running && inspector_.running() > 0) step_deadline_ = now + limits_->call;
  return Step::Continue;
}

Step Session::client_closed(TimePoint) {
  switch (state_) {
    case Preface:
    case Collect: return close(traffic_.client_in == 0 ? Verdict::Probe : Verdict::ClientLeft, Closer::Client);
    case Linger: return close(verdict_, Closer::Client);
    case Closed: return Step::Close;
    case Choose:
    case Queue:
    case Connect:
    case Answer:
    case Relay:
    case Flush: break;
  }
  client_done_ = true;  // it may still read the answers that are due
  return state_ == Relay && is_idle() ? end_of_service(Closer::Client) : Step::Continue;
}

Step Session::client_lost(TimePoint now) {
  if (state_ == Preface || state_ == Collect || state_ == Linger) return client_closed(now);
  if (state_ == Relay && is_idle()) return end_of_service(Closer::Client);
  return close(Verdict::ClientLeft, Closer::Client);
}

Bytes Session::to_client() const {
  if (state_ != Relay && state_ != Flush) return {};
  if (down_.complete()) return down_.unsent();
  return state_ == Flush ? Bytes(answer_).first(answer_size_).subspan(answer_sent_) : Bytes();
}

Step Session::client_sent(size_t count, TimePoint now) {
  if (count > to_client().size()) __builtin_trap();
  traffic_.client_out += static_cast<uint32_t>(count);
  if (!down_.complete()) {
    answer_sent_ = static_cast<uint8_t>(answer_sent_ + count);
    return state_ == Flush && answer_sent_ == answer_size_ ? finish(now) : Step::Continue;
  }
  down_.sent(count);
  if (!down_.all_sent()) return Step::Continue;
  ++traffic_.pdus;
  bool is_shutdown = down_.header().type == dcerpc::PduType::Shutdown;
  if (state_ == Flush && verdict_ != Verdict::Open) {  // a refusal follows
    down_.clear();
    return answer_size_ > 0 ? Step::Continue : close(verdict_, Closer::Gateway);
  }
  if (state_ == Relay) step_deadline_ = inspector_.running() > 0 ? now + limits_->call : kNever;
  if (auto drop = down_.pop()) {
    fault_ = kFaultNotRpc;
    down_.clear();
    return say(Verdict::UpstreamInvalid, now);
  }
  // C706 12.6.4.13: the server asks the client to end the connection.
  if (is_shutdown) return end_of_service(Closer::Upstream);
  if (down_.complete()) return upstream_pdu(now);
  if (state_ == Flush) return flush(now);
  return client_done_ && is_idle() ? end_of_service(Closer::Client) : Step::Continue;
}

// The upstream has gone and everything of it that was whole is with the client.
Step Session::flush(TimePoint now) {
  if (inspector_.running() == 0 && down_.empty()) return end_of_service(Closer::Upstream);
  fault_ = kFaultCut;
  return say(Verdict::UpstreamCut, now);
}

Step Session::end_of_service(Closer closer) {
  const Seen& seen = inspector_.seen();
  if (seen.answers > 0) return close(Verdict::Answered, closer);
  bool rejected = seen.outcome == BindOutcome::Nak || seen.outcome == BindOutcome::Rejected;
  return close(rejected ? Verdict::Rejected : Verdict::Unanswered, closer);
}

// ---- time ----------------------------------------------------------------------------------------------------------

Step Session::expired(TimePoint now) {
  if (now < deadline()) return state_ == Closed ? Step::Close : Step::Continue;
  switch (state_) {
    case Preface:
    case Collect: return close(doom_ != Verdict::Open ? doom_ : Verdict::ClientSlow, Closer::Gateway);
    case Flush:
    case Linger: return close(Verdict::ClientStuck, Closer::Gateway);
    case Closed: return Step::Close;
    case Choose:
    case Queue:
    case Connect:
    case Answer:
    case Relay: break;
  }
  if (now >= end_of_session_) return say(Verdict::SessionTooLong, now);
  if (state_ == Queue) return say(Verdict::QueueTimeout, now);
  if (state_ == Connect) return now >= step_deadline_ ? fail_over(kFaultTimeout, now) : next_attempt(now);
  if (state_ == Answer) return fail_over(kFaultSilent, now);
  if (state_ != Relay) return Step::Continue;
  // The answer is here, but the client leaves it: that must not be held against the upstream.
  if (down_.complete()) return close(Verdict::ClientStuck, Closer::Gateway);
  fault_ = kFaultCall;
  return say(Verdict::CallTimeout, now);
}

}  // namespace ck::gateway
