// SPDX-License-Identifier: MIT
#include "engine/web/exchange.h"

namespace ck::web {

size_t Exchange::on_bytes(Bytes bytes) {
  if (state_ == State::Lingering) {
    discarded_ += bytes.size();
    if (discarded_ > kMaxDiscarded) state_ = State::Closed;
    return bytes.size();
  }
  if (state_ != State::Reading) return 0;
  size_t taken = reader_.feed(bytes);
  if (reader_.state() == http::RequestReader::State::Reading) return taken;
  bool refused = reader_.state() == http::RequestReader::State::Refused;
  verdict_ = refused ? reader_.refusal() : http::Status::Ok;
  ++requests_;
  state_ = State::Answering;
  return taken;
}

void Exchange::on_end() {
  ended_ = true;
  // What was asked for before is still answered.
  if (state_ != State::Answering) state_ = State::Closed;
}

bool Exchange::decide_to_keep(TimePoint now) {
  keep_ =
      verdict_ == http::Status::Ok && reader_.request().keep_alive && requests_ < kMaxRequests && now < began_ + kKeep;
  return keep_;
}

void Exchange::on_sent(TimePoint now) {
  if (state_ != State::Answering) return;
  if (keep_) {
    reader_.restart();
    keep_ = false;
    state_ = State::Reading;
  } else if (ended_) {
    state_ = State::Closed;
  } else {
    state_ = State::Lingering;
    linger_until_ = now + kLinger;
  }
}

TimePoint Exchange::deadline() const {
  switch (state_) {
    case State::Reading: return began_ + kRequest;
    case State::Answering: return began_ + kWhole;
    case State::Lingering: return std::min(began_ + kWhole, linger_until_);
    case State::Closed: return kNever;
  }
  return kNever;
}

void Exchange::on_time(TimePoint now) {
  if (now < deadline()) return;
  if (state_ == State::Reading && reader_.has_begun() && now < began_ + kWhole) {
    verdict_ = http::Status::RequestTimeout;
    ++requests_;
    state_ = State::Answering;
    return;
  }
  state_ = State::Closed;
}

}  // namespace ck::web
