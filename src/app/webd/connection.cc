// SPDX-License-Identifier: MIT
#include "app/webd/connection.h"

#include <algorithm>

#include "engine/console/words.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/socket.h"
#include "wire/http/response.h"

namespace ck::webd {

using State = web::Exchange::State;

Connection::Connection(ConnectionOwner& owner, sys::UniqueFd client, std::span<char> place, TimePoint now)
    : owner_(owner), place_(place), exchange_(now), client_(std::move(client)) {}

Connection::~Connection() {
  if (query_ != nullptr) query_->stop();
}

Result<void> Connection::start() {
  CK_TRY(watch_.start(
      owner_.loop(), client_.get(), {.readable = true, .writable = true},
      [this](sys::Events events) {
        readable_ = readable_ || events.readable || events.hung_up;
        writable_ = writable_ || events.writable || events.hung_up;
        pump(sys::now());
      },
      sys::Trigger::Edge));
  owner_.wake_at(exchange_.deadline());
  return {};
}

TimePoint Connection::deadline() const { return is_over() ? from_ms(0) : std::min(exchange_.deadline(), query_until_); }

// Whoever is over is destroyed when the owner looks at the time, which is at once.
void Connection::pump(TimePoint now) {
  for (bool moved = true; moved && !is_over();) {
    switch (exchange_.state()) {
      case State::Reading:
      case State::Lingering: moved = read(); break;
      case State::Answering:
        if (!responded_) respond(now);
        moved = send(now);
        break;
      case State::Closed: break;
    }
  }
  owner_.wake_at(deadline());
}

bool Connection::read() {
  if (pending_.empty()) {
    if (!readable_) return false;
    auto count = sys::receive_some(client_.get(), input_);
    if (!count) {
      readable_ = false;
      broken_ = !sys::would_block(count.error());
      return false;
    }
    if (*count == 0) {
      readable_ = false;
      exchange_.on_end();
      return false;
    }
    pending_ = Bytes(input_).first(*count);
  }
  pending_ = pending_.subspan(exchange_.on_bytes(pending_));
  return true;
}

// True when the answer has gone.
bool Connection::send(TimePoint now) {
  while (!output_.empty()) {
    if (!writable_) return false;
    auto count = sys::send_some(client_.get(), as_bytes(output_));
    if (!count) {
      writable_ = false;
      broken_ = !sys::would_block(count.error());
      return false;
    }
    output_.remove_prefix(*count);
  }
  if (query_ != nullptr) return false;
  responded_ = false;
  exchange_.on_sent(now);
  if (exchange_.state() == State::Lingering) sys::end_sending(client_.get());
  return true;
}

void Connection::respond(TimePoint now) {
  if (exchange_.verdict() != http::Status::Ok)
    return respond_with(Content::refusal(exchange_.verdict(), body_buffer()), now);
  const http::Request& request = exchange_.request();
  if (request.path != "/logs") return respond_with(owner_.answer(request.path, now, body_buffer()), now);
  if (!ask_log(now)) respond_with(Content::refusal(http::Status::Unavailable, body_buffer()), now);
}

void Connection::respond_with(const Answer& answer, TimePoint now) {
  bool logs = exchange_.verdict() == http::Status::Ok && exchange_.request().path == "/logs";
  bool head_only = exchange_.verdict() == http::Status::Ok && exchange_.request().method == http::Method::Head;
  char buffer[http::kMaxHead];
  TextWriter head(buffer);
  bool keep = !logs && exchange_.decide_to_keep(now);
  int64_t utc_ms = sys::utc_ms();
  http::write_head({.status = answer.status,
                    .content_type = answer.content_type,
                    .length = answer.text.size(),
                    .keep_alive = keep,
                    .style_source = answer.style_source,
                    .utc_ms = utc_ms >= console::kEarliestClock ? std::optional(utc_ms) : std::nullopt},
                   head);
  // The head goes right before the body, which begins where the largest head would end.
  size_t start = http::kMaxHead - head.size();
  head.view().copy(place_.data() + start, head.size());
  output_ = {place_.data() + start, head.size() + (head_only ? 0 : answer.text.size())};
  responded_ = true;
  owner_.answered(answer.status);
}

// The query is over before another request is read: the answer to /logs ends the connection.
bool Connection::ask_log(TimePoint now) {
  auto since = web::parse_since(exchange_.request().query);
  if (!since) {
    respond_with(Content::refusal(http::Status::BadRequest, body_buffer()), now);
    return true;
  }
  LogQuery* query = owner_.log_query();
  if (query == nullptr) return false;
  lines_.emplace(body_buffer(), web::LogLines::kReserve);
  if (!query->start(owner_.loop(), *since, *lines_, [this](bool answered) { on_log(answered, sys::now()); }))
    return false;
  query_ = query;
  query_until_ = now + kLogPatience;
  responded_ = true;
  return true;
}

void Connection::on_log(bool answered, TimePoint now) {
  query_ = nullptr;
  query_until_ = kNever;
  respond_with(answered ? Answer{.content_type = "text/plain; charset=utf-8", .text = lines_->view()}
                        : Content::refusal(http::Status::Unavailable, body_buffer()),
               now);
  pump(now);
}

void Connection::on_time(TimePoint now) {
  if (query_ != nullptr && now >= query_until_) {
    query_->stop();
    on_log(false, now);
  }
  State before = exchange_.state();
  exchange_.on_time(now);
  if (before == State::Reading && exchange_.state() == State::Answering) pump(now);
}

}  // namespace ck::webd
