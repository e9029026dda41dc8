// SPDX-License-Identifier: MIT
#include "app/gatewayd/health_client.h"

#include <algorithm>

#include "sys/clock.h"
#include "sys/errno.h"
#include "wire/proxy/header.h"

namespace ck::gatewayd {

namespace {

using gateway::ProbeStep;

std::string_view reason(const Error& error) { return sys::errno_text(error.sys_errno); }

// The PROXY header of a connection of our own.
Bytes greeting_of(const gateway::PoolSpec& spec) {
  static std::array<uint8_t, gateway::Prober::kMaxGreeting> buffer;
  if (spec.proxy == gateway::ProxyOut::None) return {};
  return proxy::write_v2_local(buffer).value_or(Bytes());
}

}  // namespace

HealthClient::Check::Check(gateway::Buffers& buffers, const gateway::PoolSpec& spec)
    : prober(buffers, spec.policy.interfaces[0].interface, greeting_of(spec)) {}

HealthClient::HealthClient(sys::EventLoop& loop, gateway::Directory& directory, const gateway::PoolSpec& spec,
                           Calls calls)
    : loop_(loop),
      directory_(directory),
      calls_(std::move(calls)),
      checks_{Check(buffers_, spec), Check(buffers_, spec)} {}

TimePoint HealthClient::deadline() const {
  TimePoint least = kNever;
  bool is_free = false;
  for (const Check& check : checks_) {
    least = std::min(least, check.prober.deadline());
    is_free = is_free || !check.prober.is_running();
  }
  return is_free ? std::min(least, directory_.check_deadline()) : least;
}

void HealthClient::run(TimePoint now) {
  for (Check& check : checks_) {
    if (check.prober.deadline() <= now) act(check, check.prober.expired(now), now);
    if (check.prober.is_running()) continue;
    auto due = directory_.due_check(now);
    if (!due) continue;
    check.of = *due;
    check.rtt_ms = -1;
    check.has_no_way = false;
    act(check, check.prober.start(now), now);
  }
}

void HealthClient::stop() {
  for (Check& check : checks_) {
    check.watch.stop();
    check.fd.reset();
    check.prober.stop();
  }
}

void HealthClient::act(Check& check, ProbeStep step, TimePoint now) {
  while (step == ProbeStep::Connect) {
    check.watch.stop();
    check.began = now;
    auto fd = calls_.connect(check.of);
    if (fd) {
      check.fd = std::move(*fd);
      auto watched = check.watch.start(
          loop_, check.fd.get(), {.readable = true, .writable = true},
          [this, &check](sys::Events events) { on_event(check, events); }, sys::Trigger::Edge);
      if (watched) return;
      step = check.prober.failed(reason(watched.error()));
    } else {  // refused by our own kernel, without a packet
      check.has_no_way = true;
      step = check.prober.failed(reason(fd.error()));
    }
  }
  if (step != ProbeStep::Done) return;
  check.watch.stop();
  check.fd.reset();
  gateway::ProbeResult result = check.prober.result();
  result.has_no_way = check.has_no_way;
  directory_.checked(check.of, result, check.rtt_ms, now);
  calls_.checked(check.of, result);
}

void HealthClient::on_event(Check& check, sys::Events events) {
  TimePoint now = sys::now();
  if (check.prober.is_connecting()) {
    if (!events.writable && !events.hung_up) return;
    if (auto result = sys::connect_result(check.fd.get()); !result)
      return act(check, check.prober.failed(reason(result.error())), now);
    if (check.rtt_ms < 0) check.rtt_ms = (now - check.began).count();
    act(check, check.prober.connected(), now);
  }
  ProbeStep step = ProbeStep::Continue;
  while (step == ProbeStep::Continue) {
    if (Bytes pending = check.prober.to_send(); !pending.empty()) {
      auto count = sys::send_some(check.fd.get(), pending);
      if (!count && !sys::would_block(count.error())) return act(check, check.prober.closed(now), now);
      if (count) check.prober.sent(*count);
    }
    if (!check.prober.wants_bytes()) return;
    auto count = sys::receive_some(check.fd.get(), check.prober.room());
    if (!count && sys::would_block(count.error())) {
      (void)check.prober.received(0, now);
      return;
    }
    step = count && *count > 0 ? check.prober.received(*count, now) : check.prober.closed(now);
  }
  act(check, step, now);
}

}  // namespace ck::gatewayd
