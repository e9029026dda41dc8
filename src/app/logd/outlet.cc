// SPDX-License-Identifier: MIT
#include "app/logd/outlet.h"

#include <array>

#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/log.h"
#include "sys/tcp.h"
#include "sys/udp_client.h"

namespace ck::logd {

namespace {

using logring::TargetState;
using logring::Transport;

constexpr unsigned kSendsEachTurn = 64;
constexpr unsigned kReadsEachTurn = 4;
constexpr int kSendBuffer = 8 * 1024;

std::string_view reason(const Error& error) {
  return error.code == Code::System ? sys::errno_text(error.sys_errno) : error.what;
}

}  // namespace

Outlet::Outlet(sys::EventLoop& loop, const logring::TargetSpec& spec, Origin origin, const logring::Ring& ring,
               RandomSource& random, Calls calls)
    : loop_(loop), calls_(std::move(calls)), origin_(origin), target_(spec, ring, random) {}

void Outlet::run(TimePoint now) {
  if (target_.expired(now, unacknowledged())) close();
  if (target_.wants_connection(now)) connect(now);
  // One that waits for room in its socket is woken by that.
  if (!awaits_room_) pump(now);
  say_state();
}

void Outlet::connect(TimePoint now) {
  const logring::TargetSpec& spec = target_.spec();
  sys::SocketAddress to{.address = spec.address, .port = spec.port};
  bool tcp = spec.transport == Transport::Tcp;
  target_.connecting(now);
  auto fd = tcp ? sys::connect_tcp(to, {.user_timeout = logring::kStallPatience, .send_buffer = kSendBuffer})
                : sys::connect_udp(to);
  if (!fd) return fail(fd.error(), now);
  fd_ = std::move(*fd);
  awaits_room_ = tcp;
  auto watched = watch_.start(loop_, fd_.get(), {.readable = true, .writable = tcp},
                              [this](sys::Events events) { on_event(events); });
  if (!watched) return fail(watched.error(), now);
  if (!tcp) target_.connected(now);
  calls_.changed();
}

void Outlet::on_event(sys::Events events) {
  TimePoint now = sys::now();
  if (target_.state() == TargetState::Connecting) {
    if (!events.writable && !events.hung_up) return;
    if (auto result = sys::connect_result(fd_.get()); !result) {
      fail(result.error(), now);
      return say_state();
    }
    target_.connected(now);
  }
  if (!(events.readable || events.hung_up) || hear(now)) pump(now);
  say_state();
  calls_.changed();
}

// What a server says is thrown away; that it is gone is not. False when it is.
bool Outlet::hear(TimePoint now) {
  std::array<uint8_t, 512> buffer;
  for (unsigned i = 0; i < kReadsEachTurn; ++i) {
    auto count = sys::receive_some(fd_.get(), buffer);
    if (!count && sys::would_block(count.error())) return true;
    if (!count) {
      fail(count.error(), now);
      return false;
    }
    if (*count == 0 && target_.spec().transport == Transport::Tcp) {
      fail({.code = Code::Closed, .what = "closed by the server"}, now);
      return false;
    }
  }
  return true;
}

void Outlet::pump(TimePoint now) {
  if (!fd_.is_open()) return;
  for (unsigned i = 0; i < kSendsEachTurn; ++i) {
    Bytes bytes = target_.to_send(calls_.host(), sys::utc_ms(), now);
    if (bytes.empty()) return await_room(false);
    auto count = sys::send_some(fd_.get(), bytes);
    if (!count && sys::would_block(count.error())) return await_room(true);
    if (!count) return fail(count.error(), now);
    target_.sent(*count, now);
  }
  await_room(true);  // the others have their turn first
}

void Outlet::await_room(bool wanted) {
  if (wanted == awaits_room_) return;
  awaits_room_ = wanted;
  (void)watch_.change({.readable = true, .writable = wanted});
}

void Outlet::fail(const Error& error, TimePoint now) {
  target_.failed(reason(error), now, unacknowledged());
  close();
  calls_.changed();
}

size_t Outlet::unacknowledged() const {
  bool connection = fd_.is_open() && target_.spec().transport == Transport::Tcp;
  return connection ? sys::unacknowledged(fd_.get()) : 0;
}

void Outlet::close() {
  watch_.stop();
  fd_.reset();
  awaits_room_ = false;
}

// Once when it is down, once when it is up again.
void Outlet::say_state() {
  const logring::TargetSpec& spec = target_.spec();
  bool down = !target_.error().empty();
  if (down == said_down_ || (!down && target_.state() != TargetState::Ready)) return;
  said_down_ = down;
  sys::log(down ? sys::Severity::Warning : sys::Severity::Notice,
           {"log server ", to_text(spec.address, spec.port), " (", logring::name_of(spec.transport),
            "): ", down ? target_.error() : "takes messages again"});
}

}  // namespace ck::logd
