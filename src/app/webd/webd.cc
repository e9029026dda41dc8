// SPDX-License-Identifier: MIT
#include "app/webd/webd.h"

#include <algorithm>
#include <csignal>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/publish.h"
#include "sys/socket.h"
#include "wire/http/response.h"
#include "wire/state/record.h"

namespace ck::webd {

namespace {

constexpr int kBacklog = 64;
constexpr unsigned kAcceptsEachTurn = 16;
constexpr Duration kPublishInterval = 1s;
constexpr Duration kAcceptPause = 1s;  // when descriptors are out

}  // namespace

Result<void> Webd::start() {
  since_ = sys::now();
  memory_ = CK_TRY(sys::Pages::create(kMaxConnections * kPlaceSize));
  CK_TRY(timer_.start(loop_, [this] { on_timer(); }));
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int) { loop_.stop(); }));
  if (spec_.http) CK_TRY(listen());
  publish(since_);
  char line[256];
  (void)sys::notify("READY=1");
  (void)sys::notify(TextWriter(line).put("STATUS=").put(spec_.http ? listen_.view() : "switched off").view());
  sys::log(sys::Severity::Info, {spec_.http ? "listening on " : "switched off", listen_});
  return {};
}

Result<void> Webd::listen() {
  for (size_t i = 0; i < spec_.listeners.size(); ++i) {
    const web::Listener& wanted = spec_.listeners[i];
    IpAddress address = wanted.address.value_or(IpAddress(Ipv6Address{}));
    doors_[i].fd = CK_TRY(sys::listen_tcp({.address = address, .port = wanted.port}, kBacklog));
    int fd = doors_[i].fd.get();
    CK_TRY(doors_[i].watch.start(loop_, fd, {.readable = true}, [this, fd](sys::Events) { accept(fd); }));
    if (i > 0) listen_.append(", ");
    listen_.append(to_text(address, wanted.port));
  }
  return {};
}

// ---- connections ----------------------------------------------------------------------------------------------------

void Webd::accept(int listener) {
  TimePoint now = sys::now();
  for (unsigned i = 0; i < kAcceptsEachTurn; ++i) {
    auto client = sys::accept_tcp(listener);
    if (client) {
      take(std::move(*client), now);
      continue;
    }
    if (sys::would_block(client.error()) || client.error().sys_errno == ECONNABORTED) return;
    for (Door& door : doors_) door.watch.stop();  // else it would be told again at once
    accept_again_ = now + kAcceptPause;
    wake_at(accept_again_);
    return;
  }
}

void Webd::take(sys::AcceptedTcp client, TimePoint now) {
  if (!access::is_served(spec_.sources, client.peer.address)) {
    char text[128];
    TextWriter line(text);
    if (refusals_.count(client.peer.address, now, line)) sys::log(sys::Severity::Notice, {line.view()});
    return refuse(client);
  }
  const IpAddress& address = client.peer.address;
  IpPrefix source{address, static_cast<uint8_t>(address.family == Family::V6 ? 64 : 32)};
  size_t of_source = 0;
  for (size_t place = 0; place < kMaxConnections; ++place) {
    if (connections_[place] && connections_[place]->is_over()) clean(place);
    if (connections_[place] && peers_[place].contains(address)) ++of_source;
  }
  if (of_source == kMaxOfSource) return turn_away(client);
  for (size_t place = 0; place < kMaxConnections; ++place) {
    if (connections_[place]) continue;
    peers_[place] = source;
    auto memory = memory_.memory().subspan(place * kPlaceSize, kPlaceSize);
    std::span<char> text(reinterpret_cast<char*>(memory.data()), memory.size());
    ++counters_.connections;
    if (!connections_[place].emplace(static_cast<ConnectionOwner&>(*this), std::move(client.fd), text, now).start())
      clean(place);
    return;
  }
  turn_away(client);
}

void Webd::turn_away(const sys::AcceptedTcp& client) {
  char body[64];
  Answer busy = Content::refusal(http::Status::Unavailable, body);
  char buffer[http::kMaxHead + sizeof(body)];
  TextWriter text(buffer);
  http::write_head({.status = busy.status, .content_type = busy.content_type, .length = busy.text.size()}, text);
  (void)sys::send_some(client.fd.get(), as_bytes(text.put(busy.text).view()));
  refuse(client);
}

// The descriptor is closed with the client.
void Webd::refuse(const sys::AcceptedTcp& client) {
  ++counters_.refused;
  last_refused_ = to_text(client.peer.address);
  stale_ = true;
  wake_at(published_ + kPublishInterval);
}

void Webd::clean(size_t place) {
  connections_[place].reset();
  memory_.give_back(place * kPlaceSize, kPlaceSize);
}

Answer Webd::answer(std::string_view path, TimePoint now, std::span<char> buffer) {
  return content_.answer(path, counters_, now, buffer);
}

LogQuery* Webd::log_query() {
  if (!spec_.logs) return nullptr;
  for (LogQuery& query : queries_)
    if (!query.is_active()) return &query;
  return nullptr;
}

void Webd::answered(http::Status status) {
  ++counters_.requests;
  if (static_cast<uint16_t>(status) >= 400) ++counters_.errors;
  stale_ = true;
  wake_at(published_ + kPublishInterval);
}

// ---- time and state
// ----------------------------------------------------------------------------------------------------

void Webd::wake_at(TimePoint deadline) {
  // Only ever earlier: on_timer() looks at everything and finds the next.
  if (deadline < timer_.deadline()) timer_.arm(deadline);
}

void Webd::on_timer() {
  TimePoint now = sys::now();
  TimePoint next = kNever;
  for (size_t place = 0; place < kMaxConnections; ++place) {
    auto& connection = connections_[place];
    if (connection && !connection->is_over()) connection->on_time(now);
    if (connection && connection->is_over()) clean(place);
    if (connection) next = std::min(next, connection->deadline());
  }
  if (now >= accept_again_) {
    accept_again_ = kNever;
    for (Door& door : doors_) {
      int fd = door.fd.get();
      if (door.fd.is_open())
        (void)door.watch.start(loop_, fd, {.readable = true}, [this, fd](sys::Events) { accept(fd); });
    }
  }
  if (stale_ && now >= published_ + kPublishInterval) publish(now);
  if (stale_) next = std::min(next, published_ + kPublishInterval);
  wake_at(std::min(next, accept_again_));
}

void Webd::publish(TimePoint now) {
  char buffer[1024];
  state::RecordWriter out(buffer);
  out.begin("web").field("listen", listen_.view()).field("since-ms", to_ms(since_));
  out.field("connections", static_cast<int64_t>(counters_.connections));
  out.field("requests", static_cast<int64_t>(counters_.requests));
  out.field("errors", static_cast<int64_t>(counters_.errors));
  out.field("refused", static_cast<int64_t>(counters_.refused));
  (void)out.field("last-refused", last_refused_.view()).end();
  published_ = now;
  stale_ = !sys::publish("webd", "state", out.view()).has_value();
}

}  // namespace ck::webd
