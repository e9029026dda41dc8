// SPDX-License-Identifier: MIT
#include "app/logd/outlet.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "engine/logring/report.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/log.h"
#include "sys/random.h"
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
    : loop_(loop), calls_(std::move(calls)), origin_(origin), random_(random), target_(spec, ring, random) {}

// RFC 5425 4.4: TLS says good-bye.
Outlet::~Outlet() {
  if (!tls_ || tls_->state() != tls::State::Ready) return;
  tls_->close();
  (void)sys::send_some(fd_.get(), tls_->unsent());
}

void Outlet::run(TimePoint now) {
  if (target_.expired(now, unacknowledged())) close();
  if (target_.wants_connection(now)) connect(now);
  // One that waits for room in its socket is woken by that.
  if (!awaits_room_) pump(now);
  say_state();
}

void Outlet::set_address(const IpAddress& address, TimePoint now) {
  if (target_.set_address(address, now)) close();
  run(now);
}

bool Outlet::is_failing() const {
  return target_.has_address() && target_.state() == TargetState::Waiting && !target_.error().empty();
}

void Outlet::connect(TimePoint now) {
  const logring::TargetSpec& spec = target_.spec();
  sys::SocketAddress to{.address = spec.address, .port = spec.port};
  bool stream = spec.transport != Transport::Udp;
  target_.connecting(now);
  auto fd = stream ? sys::connect_tcp(to, {.user_timeout = logring::kStallPatience, .send_buffer = kSendBuffer})
                   : sys::connect_udp(to);
  if (!fd) return (void)fail(fd.error(), now);
  fd_ = std::move(*fd);
  awaits_room_ = stream;
  auto watched = watch_.start(loop_, fd_.get(), {.readable = true, .writable = stream},
                              [this](sys::Events events) { on_event(events); });
  if (!watched) return (void)fail(watched.error(), now);
  if (!stream) target_.connected(now);
  calls_.changed();
}

void Outlet::on_event(sys::Events events) {
  TimePoint now = sys::now();
  bool stands = true;
  if (target_.state() == TargetState::Connecting) {
    if (!events.writable && !events.hung_up) return;
    stands = begin(now);
  }
  if (stands && (events.readable || events.hung_up)) stands = hear(now);
  if (stands && tls_) stands = secure(now);
  if (stands) pump(now);
  say_state();
  calls_.changed();
}

// The connection is there, or not. False when it is not.
bool Outlet::begin(TimePoint now) {
  if (auto result = sys::connect_result(fd_.get()); !result) return fail(result.error(), now);
  const logring::TargetSpec& spec = target_.spec();
  if (spec.transport != Transport::Tls) {
    target_.connected(now);
    return true;
  }
  if (!sys::random_is_seeded()) {
    if (!std::exchange(has_seeded_, true)) sys::seed_random();
    return fail("the kernel has no random numbers fit for keys yet", now);
  }
  target_.securing(now);
  tls_ = std::make_unique<tls::Client>(spec.credentials, spec.server_name.view(), spec.address, random_, sys::utc_ms());
  return true;
}

// What TLS has to say itself goes out. False when the connection is over.
bool Outlet::secure(TimePoint now) {
  if (tls_->state() == tls::State::Over) {
    (void)sys::send_some(fd_.get(), tls_->unsent());  // an alert, if the server still hears it
    return fail(tls_->error(), now);
  }
  if (!flush(now)) return false;
  if (tls_->state() == tls::State::Ready && target_.state() == TargetState::Securing) target_.connected(now);
  return true;
}

bool Outlet::flush(TimePoint now) {
  while (!tls_->unsent().empty()) {
    auto count = sys::send_some(fd_.get(), tls_->unsent());
    if (!count && sys::would_block(count.error())) return true;
    if (!count) return hear_last_words(now) && fail(count.error(), now);
    tls_->sent(*count);
  }
  return true;
}

// Who closes without hearing us has perhaps said why before. False when that is told.
bool Outlet::hear_last_words(TimePoint now) {
  MutableBytes room = tls_->room();
  auto count = room.empty() ? Result<size_t>(size_t{0}) : sys::receive_some(fd_.get(), room);
  if (!count || *count == 0) return true;
  tls_->received(*count);
  return tls_->state() != tls::State::Over || fail(tls_->error(), now);
}

// What a server says is thrown away, but for TLS; that it is gone is not. False when it is.
bool Outlet::hear(TimePoint now) {
  std::array<uint8_t, 512> buffer;
  for (unsigned i = 0; i < kReadsEachTurn; ++i) {
    MutableBytes room = tls_ ? tls_->room() : MutableBytes(buffer);
    if (room.empty()) return true;
    auto count = sys::receive_some(fd_.get(), room);
    if (!count && sys::would_block(count.error())) return true;
    if (!count) return fail(count.error(), now);
    if (*count == 0 && target_.spec().transport != Transport::Udp)
      return fail({.code = Code::Closed, .what = "closed by the server"}, now);
    if (!tls_) continue;
    tls_->received(*count);
    if (!secure(now)) return false;
  }
  return true;
}

// How much of a message was taken.
Result<size_t> Outlet::offer(Bytes bytes) {
  if (!tls_) return sys::send_some(fd_.get(), bytes);
  return tls_->write(bytes);
}

void Outlet::pump(TimePoint now) {
  if (!fd_.is_open()) return;
  for (unsigned i = 0; i < kSendsEachTurn; ++i) {
    if (tls_ && !secure(now)) return;
    Bytes bytes = target_.to_send(calls_.host(), sys::utc_ms(), now);
    bool waits = tls_ && !tls_->unsent().empty();
    if (bytes.empty() || waits) return await_room(waits);
    auto count = offer(bytes);
    if (!count && sys::would_block(count.error())) return await_room(true);
    if (!count) return (void)fail(count.error(), now);
    target_.sent(*count, now);
  }
  await_room(true);  // the others have their turn first
}

void Outlet::await_room(bool wanted) {
  bool hears = !tls_ || !tls_->room().empty();
  if (wanted == awaits_room_ && hears == hears_) return;
  awaits_room_ = wanted;
  hears_ = hears;
  (void)watch_.change({.readable = hears, .writable = wanted});
}

bool Outlet::fail(const Error& error, TimePoint now) {
  if (target_.state() != TargetState::Securing) return fail(reason(error), now);
  char buffer[96];
  return fail(TextWriter(buffer).put("in the TLS handshake: ").put(reason(error)).view(), now);
}

// Always false.
bool Outlet::fail(std::string_view why, TimePoint now) {
  target_.failed(why, now, unacknowledged());
  close();
  calls_.changed();
  return false;
}

size_t Outlet::unacknowledged() const {
  bool connection = fd_.is_open() && target_.spec().transport != Transport::Udp;
  if (!connection) return 0;
  // Over TLS so many bytes hold fewer of ours: some messages may come twice, none is lost.
  return sys::unacknowledged(fd_.get()) + (tls_ ? tls_->unsent().size() : 0);
}

void Outlet::close() {
  watch_.stop();
  fd_.reset();
  tls_.reset();
  awaits_room_ = false;
  hears_ = true;
}

// Once when it is down, once when it is up again.
void Outlet::say_state() {
  const logring::TargetSpec& spec = target_.spec();
  bool down = !target_.error().empty();
  if (down == said_down_ || (!down && target_.state() != TargetState::Ready)) return;
  said_down_ = down;
  sys::log(down ? sys::Severity::Warning : sys::Severity::Notice,
           {"log server ", logring::host_text(spec), " (", logring::name_of(spec.transport),
            "): ", down ? target_.error() : "takes messages again"});
}

}  // namespace ck::logd
