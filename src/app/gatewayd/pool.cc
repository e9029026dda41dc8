// SPDX-License-Identifier: MIT
#include "app/gatewayd/pool.h"

namespace ck::gatewayd {

namespace {

constexpr int kBacklog = 4096;

}  // namespace

Pool::Pool(sys::EventLoop& loop, RandomSource& random, const gateway::PoolSpec& spec, Calls calls)
    : loop_(loop),
      spec_(spec),
      calls_(std::move(calls)),
      directory_(random),
      names_(loop, directory_, calls_.changed),
      health_(loop, directory_, spec,
              {.connect = [this](const gateway::Candidate& to) { return connect(to); },
               .checked = [this](const auto& of, const auto& result) { calls_.checked(*this, of, result); }}) {}

void Pool::configure(TimePoint now) {
  directory_.set_checks(spec_.checks);
  directory_.configure({spec_.upstreams.data(), spec_.upstreams.size()}, {spec_.domains.data(), spec_.domains.size()},
                       now);
}

void Pool::run(TimePoint now) {
  names_.run(now);
  health_.run(now);
}

Result<void> Pool::listen() {
  for (size_t i = 0; i < spec_.listeners.size(); ++i) {
    const gateway::ListenerSpec& wanted = spec_.listeners[i];
    IpAddress address = wanted.address.value_or(IpAddress(Ipv6Address{}));
    listeners_[i].fd = CK_TRY(sys::listen_tcp({.address = address, .port = wanted.port}, kBacklog));
    CK_TRY(watch(listeners_[i]));
  }
  return {};
}

Result<void> Pool::watch(Listener& listener) {
  int fd = listener.fd.get();
  return listener.watch.start(loop_, fd, {.readable = true}, [this, fd](sys::Events) { calls_.accept(*this, fd); });
}

void Pool::pause() {
  for (Listener& listener : listeners_) listener.watch.stop();
}

void Pool::resume() {
  for (Listener& listener : listeners_)
    if (listener.fd.is_open() && !listener.watch.is_active()) (void)watch(listener);
}

void Pool::stop_listening() {
  for (Listener& listener : listeners_) {
    listener.watch.stop();
    listener.fd.reset();
  }
  health_.stop();
  directory_.set_checks(gateway::Checks::None);
}

// ---- places at the hosts -------------------------------------------------------------------------------------------

void Pool::give_place(Connection& connection, size_t member) {
  connection.account.member = static_cast<int8_t>(member);
  ++active_[member];
}

gateway::Step Pool::choose(Connection& connection, TimePoint now) {
  gateway::Session& session = connection.session();
  auto candidates = directory_.candidates(now);
  if (candidates.empty()) return session.choose(candidates, now);
  uint8_t member = candidates[0].member;
  // First come, first served: nobody passes those who wait.
  bool passes = waiting_count_ > 0 && !serving_;
  if (active_[member] < spec_.concurrency && !passes) {
    give_place(connection, member);
    return session.choose(candidates, now);
  }
  connection.account.waiting = true;
  connection.account.next = nullptr;
  (last_waiting_ != nullptr ? last_waiting_->account.next : first_waiting_) = &connection;
  last_waiting_ = &connection;
  ++waiting_count_;
  return session.enqueue(now);
}

void Pool::release(Connection& connection) {
  if (connection.account.member >= 0) --active_[static_cast<size_t>(connection.account.member)];
  connection.account.member = -1;
  if (!connection.account.waiting) return;
  connection.account.waiting = false;
  --waiting_count_;
  Connection* before = nullptr;
  for (Connection* at = first_waiting_; at != &connection; at = at->account.next) before = at;
  (before != nullptr ? before->account.next : first_waiting_) = connection.account.next;
  if (last_waiting_ == &connection) last_waiting_ = before;
}

void Pool::serve_waiting(TimePoint now) {
  if (first_waiting_ == nullptr || serving_) return;  // nobody, or further up on the stack
  serving_ = true;
  while (first_waiting_ != nullptr) {
    auto candidates = directory_.candidates(now);
    if (!candidates.empty() && active_[candidates[0].member] >= spec_.concurrency) break;
    Connection& next = *first_waiting_;
    first_waiting_ = next.account.next;
    if (first_waiting_ == nullptr) last_waiting_ = nullptr;
    --waiting_count_;
    next.account.waiting = false;
    (void)next.retry(now);
  }
  serving_ = false;
}

Result<sys::UniqueFd> Pool::connect(const gateway::Candidate& to) const {
  sys::ConnectOptions options;
  options.source = to.address.family == Family::V4 ? spec_.source4 : spec_.source6;
  options.interface = spec_.interface.view();
  return sys::connect_tcp({.address = to.address, .port = to.port, .scope = to.scope}, options);
}

}  // namespace ck::gatewayd
