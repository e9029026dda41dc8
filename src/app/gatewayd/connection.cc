// SPDX-License-Identifier: MIT
#include "app/gatewayd/connection.h"

#include "sys/clock.h"
#include "sys/errno.h"

namespace ck::gatewayd {

namespace {

constexpr uint8_t kRead = 1;
constexpr uint8_t kWrite = 2;
constexpr unsigned kRounds = 8;  // of moving bytes before other connections get their turn
constexpr std::string_view kItself = "this is the gateway itself";

std::string_view reason(const Error& error) {
  return error.sys_errno != 0 ? std::string_view(sys::errno_text(error.sys_errno)) : std::string_view(error.what);
}

}  // namespace

Connection::Connection(MutableBytes client_buffer, MutableBytes upstream_buffer, ConnectionOwner& owner,
                       sys::AcceptedTcp client, TimePoint now)
    : owner_(owner), peer_(client.peer), since_(now), session_(client_buffer, upstream_buffer, now) {
  client_.fd = std::move(client.fd);
}

Result<void> Connection::start() {
  owner_.wake_at(session_.deadline());
  client_.watched = kRead;
  return client_.watch.start(owner_.loop(), client_.fd.get(), {.readable = true},
                             [this](sys::Events events) { on_event(client_, events); });
}

void Connection::on_event(Side& side, sys::Events events) {
  TimePoint now = sys::now();
  if (events.readable) side.readable = true;
  if (events.writable) side.blocked = false;
  if (events.hung_up) {
    side.hung_up = true;
    side.readable = true;  // the end, or the error, is there to be read
  }
  if (&side == &upstream_ && session_.is_connecting() && (events.writable || events.hung_up)) {
    if (auto result = sys::connect_result(upstream_.fd.get()); !result) {
      report_failure(reason(result.error()), now);
      if (act(session_.upstream_failed(reason(result.error()), now), now)) (void)pump(now);
      return;
    }
    rtt_ms_ = (now - connect_began_).count();
    if (!act(session_.upstream_connected(now), now)) return;
  }
  (void)pump(now);
}

void Connection::check_time(TimePoint now) {
  if (now < session_.deadline()) {
    owner_.wake_at(session_.deadline());
    return;
  }
  bool before_answer =
      session_.state() == gateway::SessionState::Connect || session_.state() == gateway::SessionState::Answer;
  gateway::Candidate tried = before_answer || session_.is_answered() ? session_.candidate() : gateway::Candidate{};
  auto step = session_.expired(now);
  bool failed = before_answer || session_.end() == gateway::End::CallTimeout;
  if (failed && !session_.fault().empty()) owner_.upstream_failed(tried, session_.fault(), now);
  if (act(step, now)) (void)pump(now);
}

void Connection::report_failure(std::string_view why, TimePoint now) {
  owner_.upstream_failed(session_.candidate(), why, now);
}

void Connection::leave_upstream() {
  upstream_.watch.stop();
  upstream_.fd.reset();
  upstream_.readable = upstream_.hung_up = upstream_.blocked = false;
  upstream_.watched = 0;
  reported_ = false;
}

bool Connection::act(gateway::Step step, TimePoint now) {
  if (step == gateway::Step::Choose) step = session_.choose(owner_.candidates(now), now);
  if (step == gateway::Step::Connect) return connect(now);
  if (step == gateway::Step::Close) {
    owner_.end(*this, now);
    return false;
  }
  return true;
}

bool Connection::connect(TimePoint now) {
  for (;;) {
    leave_upstream();
    const gateway::Candidate& to = session_.candidate();
    connect_began_ = now;
    std::string_view fault;
    auto fd = sys::connect_tcp({.address = to.address, .port = to.port, .scope = to.scope});
    if (!fd) {
      fault = reason(fd.error());
    } else if (auto local = sys::local_address(fd->get()); local && local->address == to.address) {
      fault = kItself;  // an address that netd has not told us of yet
    } else {
      upstream_.fd = std::move(*fd);
      upstream_.watched = kWrite;
      auto watched = upstream_.watch.start(owner_.loop(), upstream_.fd.get(), {.writable = true},
                                           [this](sys::Events events) { on_event(upstream_, events); });
      if (watched) return true;
      fault = reason(watched.error());
    }
    report_failure(fault, now);
    auto step = session_.upstream_failed(fault, now);
    if (step != gateway::Step::Connect) return act(step, now);
  }
}

bool Connection::pump(TimePoint now) {
  bool moved = true;
  for (unsigned round = 0; moved && round < kRounds; ++round) {
    moved = false;
    if (!move_client(moved, now) || !move_upstream(moved, now)) return false;
  }
  return update(now);
}

bool Connection::move_client(bool& moved, TimePoint now) {
  if (MutableBytes room = session_.client_room(); client_.readable && !room.empty()) {
    auto count = sys::receive_some(client_.fd.get(), room);
    if (count) {
      moved = true;
      client_.readable = *count == room.size() || client_.hung_up;  // a short read has taken all there was
      if (!act(*count > 0 ? session_.client_received(*count, now) : session_.client_closed(now), now)) return false;
    } else if (sys::would_block(count.error())) {
      client_.readable = false;
    } else {
      bool collecting = session_.state() == gateway::SessionState::Collect;
      return act(collecting ? session_.client_closed(now) : session_.close(gateway::End::ClientLeft), now);
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
      return act(session_.close(gateway::End::ClientLeft), now);
    }
  }
  return true;
}

bool Connection::move_upstream(bool& moved, TimePoint now) {
  gateway::Candidate tried = session_.has_candidate() ? session_.candidate() : gateway::Candidate{};
  bool answered = session_.is_answered();
  // What the session says about the upstream goes to the directory before it is acted upon.
  auto judge = [&](gateway::Step step) {
    bool failed = !answered && (step == gateway::Step::Connect || session_.end() == gateway::End::UpstreamFailed);
    if (failed || session_.end() == gateway::End::UpstreamInvalid) owner_.upstream_failed(tried, session_.fault(), now);
    return act(step, now);
  };
  if (Bytes pending = session_.to_upstream(); !upstream_.blocked && !pending.empty()) {
    auto count = sys::send_some(upstream_.fd.get(), pending);
    if (count) {
      moved = true;
      if (!judge(session_.upstream_sent(*count, now))) return false;
    } else if (sys::would_block(count.error())) {
      upstream_.blocked = true;
    } else {
      moved = true;
      return judge(session_.upstream_failed(reason(count.error()), now));
    }
  }
  if (MutableBytes room = session_.upstream_room(); upstream_.readable && !room.empty()) {
    auto count = sys::receive_some(upstream_.fd.get(), room);
    if (count) {
      moved = true;
      upstream_.readable = *count == room.size() || upstream_.hung_up;
      auto step = *count > 0 ? session_.upstream_received(*count, now) : session_.upstream_closed(now);
      if (!answered && session_.is_answered() && !reported_) {
        reported_ = true;
        owner_.upstream_succeeded(tried, rtt_ms_);
      }
      if (!judge(step)) return false;
    } else if (sys::would_block(count.error())) {
      upstream_.readable = false;
    } else {
      moved = true;
      return judge(session_.upstream_failed(reason(count.error()), now));
    }
  }
  return true;
}

bool Connection::update(TimePoint now) {
  owner_.wake_at(session_.deadline());
  bool kept = watch(client_, !session_.client_room().empty(), !session_.to_client().empty());
  if (!kept) return act(session_.close(gateway::End::ClientLeft), now);
  if (!upstream_.fd.is_open()) return true;
  kept =
      watch(upstream_, !session_.upstream_room().empty(), session_.is_connecting() || !session_.to_upstream().empty());
  if (!kept) return act(session_.close(gateway::End::UpstreamCut), now);
  return true;
}

// False when the peer has ended its sending half and does not take what we write either: waiting for it would spin.
bool Connection::watch(Side& side, bool read, bool write) {
  if (side.hung_up && !read && write && side.blocked) return false;
  auto wanted = static_cast<uint8_t>((read ? kRead : 0) | (write ? kWrite : 0));
  if (side.hung_up && wanted == 0) {
    side.watch.stop();
    side.watched = 0;
    return true;
  }
  sys::Events interest{.readable = read, .writable = write};
  if (!side.watch.is_active()) {
    side.watched = wanted;
    Side* which = &side;
    return side.watch
        .start(owner_.loop(), side.fd.get(), interest, [this, which](sys::Events events) { on_event(*which, events); })
        .has_value();
  }
  if (wanted == side.watched) return true;
  side.watched = wanted;
  return side.watch.change(interest).has_value();
}

}  // namespace ck::gatewayd
