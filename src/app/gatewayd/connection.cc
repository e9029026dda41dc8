// SPDX-License-Identifier: MIT
#include "app/gatewayd/connection.h"

#include <utility>

#include "sys/clock.h"
#include "sys/errno.h"

namespace ck::gatewayd {

namespace {

using gateway::AttemptState;
using gateway::SessionState;
using gateway::Step;

constexpr sys::Events kBoth{.readable = true, .writable = true};
constexpr unsigned kRounds = 8;  // of moving bytes before other connections get their turn
constexpr std::string_view kItself = "this is the gateway itself";

std::string_view reason(const Error& error) {
  return error.sys_errno != 0 ? std::string_view(sys::errno_text(error.sys_errno)) : std::string_view(error.what);
}

}  // namespace

Connection::Connection(const Start& start, sys::AcceptedTcp client, TimePoint now)
    : owner_(start.owner),
      pool_(start.pool),
      number_(start.number),
      peer_(client.peer),
      source_(client.peer),
      session_(start.session, start.first, now) {
  client_.fd = std::move(client.fd);
}

Connection::~Connection() {
  client_.watch.let_go();
  for (Upstream& upstream : upstreams_) upstream.watch.let_go();
}

Result<void> Connection::start() {
  owner_.wake_at(session_.deadline());
  client_.readable = true;  // most clients have spoken by the time they are accepted
  return client_.watch.start(
      owner_.loop(), client_.fd.get(), kBoth, [this](sys::Events events) { on_client(events); }, sys::Trigger::Edge);
}

void Connection::note(Side& side, sys::Events events) {
  if (events.readable) side.readable = true;
  if (events.writable) side.blocked = false;
  if (events.hung_up) {
    side.hung_up = true;
    side.readable = true;  // the end, or the error, is there to be read
  }
}

void Connection::on_client(sys::Events events) {
  note(client_, events);
  (void)pump(sys::now());
}

void Connection::on_upstream(Upstream& upstream, sys::Events events) {
  TimePoint now = sys::now();
  note(upstream, events);
  if (upstream.candidate == kNobody) return;
  size_t candidate = upstream.candidate;
  if (session_.attempt_state(candidate) != AttemptState::Trying) {
    (void)pump(now);
    return;
  }
  if (!events.writable && !events.hung_up) return;
  // Writable and nothing else: connected.
  auto result = events.hung_up ? sys::connect_result(upstream.fd.get()) : Result<void>();
  if (!result) {
    if (act(session_.attempt_failed(candidate, reason(result.error()), now), now)) (void)pump(now);
    return;
  }
  rtt_ms_ = (now - upstream.began).count();
  if (act(session_.upstream_connected(candidate, now), now)) (void)pump(now);
}

bool Connection::retry(TimePoint now) { return act(Step::Choose, now) && pump(now); }

void Connection::check_time(TimePoint now) {
  if (now < session_.deadline()) {
    if (std::exchange(more_, false))
      (void)pump(now);
    else
      owner_.wake_at(session_.deadline());
    return;
  }
  auto tried = session_.has_candidate() ? session_.candidate() : gateway::Candidate{};
  bool answered = session_.is_answered();
  if (judge(session_.expired(now), tried, answered, now)) (void)pump(now);
}

// What the session says about its upstream goes to the owner before it is acted upon.
bool Connection::judge(Step step, const gateway::Candidate& tried, bool answered, TimePoint now) {
  gateway::Verdict verdict = session_.verdict();
  bool failed_now =
      answered && (verdict == gateway::Verdict::CallTimeout || verdict == gateway::Verdict::UpstreamInvalid);
  if (failed_now && reported_) {
    reported_ = false;
    owner_.upstream_failed(*this, tried, session_.fault(), now);
  }
  return act(step, now);
}

void Connection::leave(Upstream& upstream) {
  upstream.watch.let_go();
  upstream.fd.reset();
  upstream.readable = upstream.hung_up = upstream.blocked = false;
  upstream.candidate = kNobody;
}

// Closes what the session no longer tries, and tells of those that failed.
void Connection::leave_lost_attempts(TimePoint now) {
  bool over = session_.state() >= SessionState::Flush;
  for (Upstream& upstream : upstreams_) {
    if (upstream.candidate == kNobody) continue;
    AttemptState state = session_.attempt_state(upstream.candidate);
    if (state == AttemptState::Failed)
      owner_.upstream_failed(*this, session_.candidates()[upstream.candidate], session_.fault(), now);
    bool kept = state == AttemptState::Trying || state == AttemptState::Connected;
    if (!kept || over) leave(upstream);
  }
}

bool Connection::act(Step step, TimePoint now) {
  if (step == Step::Admit) step = owner_.admit(*this, now);
  if (step == Step::Choose) step = owner_.choose(*this, now);
  leave_lost_attempts(now);
  if (step == Step::Connect) return connect_all(step, now);
  if (step == Step::Finish) sys::end_sending(client_.fd.get());
  if (step == Step::Close) {
    owner_.end(*this, now);
    return false;
  }
  return true;
}

bool Connection::connect_all(Step step, TimePoint now) {
  while (step == Step::Connect) {
    uint8_t candidate = session_.attempt();
    const gateway::Candidate& to = session_.candidates()[candidate];
    std::string_view fault;
    Upstream* place = nullptr;
    for (Upstream& upstream : upstreams_)
      if (upstream.candidate == kNobody) place = &upstream;
    if (place == nullptr) __builtin_trap();  // the session never tries more than kMaxTrying
    auto fd = owner_.connect(*this, to);
    if (!fd) {
      fault = reason(fd.error());
    } else if (auto local = to.proven ? fail(Code::System, "") : sys::local_address(fd->get());
               local && local->address == to.address) {
      fault = kItself;  // an address that netd has not told us of yet
    } else {
      place->fd = std::move(*fd);
      place->candidate = candidate;
      place->began = now;
      reported_ = false;
      auto watched = place->watch.start(
          owner_.loop(), place->fd.get(), kBoth, [this, place](sys::Events events) { on_upstream(*place, events); },
          sys::Trigger::Edge);
      if (watched) return true;
      fault = reason(watched.error());
      leave(*place);
    }
    owner_.upstream_failed(*this, to, fault, now);
    step = session_.attempt_failed(candidate, fault, now);
  }
  return act(step, now);
}

Connection::Upstream* Connection::connected() {
  for (Upstream& upstream : upstreams_)
    if (upstream.candidate != kNobody && session_.attempt_state(upstream.candidate) == AttemptState::Connected)
      return &upstream;
  return nullptr;
}

bool Connection::pump(TimePoint now) {
  bool moved = true;
  for (unsigned round = 0; moved; ++round) {
    // What is left over is looked at again soon; nothing would tell of it by itself.
    if (round == kRounds) {
      more_ = true;
      owner_.wake_at(now);
      return true;
    }
    moved = false;
    if (!move_client(moved, now) || !move_upstream(moved, now)) return false;
  }
  owner_.wake_at(session_.deadline());
  return true;
}

bool Connection::move_client(bool& moved, TimePoint now) {
  if (client_.readable && session_.wants_client()) {
    MutableBytes room = session_.client_room();
    auto count = sys::receive_some(client_.fd.get(), room);
    if (count && *count > 0) {
      moved = true;
      client_.readable = *count == room.size() || client_.hung_up;  // a short read has taken all there was
      if (!act(session_.client_received(*count, now), now)) return false;
    } else if (count) {
      moved = true;
      client_.readable = false;
      if (!act(session_.client_received(0, now), now) || !act(session_.client_closed(now), now)) return false;
    } else if (sys::would_block(count.error())) {
      client_.readable = false;
      if (!act(session_.client_received(0, now), now)) return false;
    } else {
      return act(session_.client_lost(now), now);
    }
  }
  if (Bytes pending = session_.to_client(); !client_.blocked && !pending.empty()) {
    auto count = sys::send_some(client_.fd.get(), pending);
    if (count) {
      moved = true;
      if (!act(session_.client_sent(*count, now), now)) return false;
    } else if (sys::would_block(count.error())) {
      client_.blocked = true;
    } else {
      return act(session_.client_lost(now), now);
    }
  }
  return true;
}

bool Connection::move_upstream(bool& moved, TimePoint now) {
  Upstream* upstream = connected();
  if (upstream == nullptr) return true;
  gateway::Candidate tried = session_.candidate();
  bool answered = session_.is_answered();
  if (Bytes pending = session_.to_upstream(); !upstream->blocked && !pending.empty()) {
    auto count = sys::send_some(upstream->fd.get(), pending);
    if (count) {
      moved = true;
      if (!judge(session_.upstream_sent(*count, now), tried, answered, now)) return false;
    } else if (sys::would_block(count.error())) {
      upstream->blocked = true;
    } else {
      moved = true;
      return judge(session_.upstream_lost(reason(count.error()), now), tried, answered, now);
    }
    upstream = connected();
  }
  if (upstream == nullptr || !upstream->readable || !session_.wants_upstream()) return true;
  MutableBytes room = session_.upstream_room();
  auto count = sys::receive_some(upstream->fd.get(), room);
  if (!count && sys::would_block(count.error())) {
    upstream->readable = false;
    return act(session_.upstream_received(0, now), now);
  }
  moved = true;
  Step step = Step::Continue;
  if (!count) {
    step = session_.upstream_lost(reason(count.error()), now);
  } else if (*count == 0) {
    upstream->readable = false;
    (void)session_.upstream_received(0, now);
    step = session_.upstream_closed(now);
  } else {
    upstream->readable = *count == room.size() || upstream->hung_up;
    step = session_.upstream_received(*count, now);
  }
  if (!answered && session_.is_answered() && !reported_) {
    reported_ = true;
    owner_.upstream_succeeded(*this, tried, rtt_ms_);
  }
  return judge(step, tried, answered, now);
}

}  // namespace ck::gatewayd
