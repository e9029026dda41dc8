// SPDX-License-Identifier: MIT
#include "engine/time/association.h"

#include <algorithm>

namespace ck::timekeeping {

namespace {

constexpr Micros kNear{50'000};         // the clock may be polled for more seldom
constexpr Micros kQuickSlack{2'000};    // an answer is quick when it took half as long again as the quickest, and this
constexpr Micros kJump{50'000};         // both clocks differ by more on one way: somebody else has set ours
constexpr uint32_t kDeny = 0x44454e59;  // RFC 5905 7.4: "DENY", "RSTR", "RATE"
constexpr uint32_t kRestrict = 0x52535452;
constexpr uint32_t kRate = 0x52415445;

constexpr Micros kFar{500'000};  // such an offset would have been corrected, were this server believed

Micros size_of(Micros value) { return value < Micros(0) ? -value : value; }

// What is left of an offset when the answer was slower than it should be, on one way alone at worst.
Micros without_excess(const Sample& sample, Micros quickest) {
  Micros excess = std::max(Micros(0), sample.delay - quickest) / 2;
  Micros left = std::max(Micros(0), size_of(sample.offset) - excess);
  return sample.offset < Micros(0) ? -left : left;
}

// 1, 2, 4 ... 1024 s: quick in the first minute, where a lost packet or a server that is still starting is the
// likeliest reason, then exponential as RFC 4330 10 demands.
Duration retry_after(unsigned failures) {
  return failures >= 10 ? kMostInterval : std::min<Duration>(kMostInterval, 1s * (1 << failures));
}

}  // namespace

void Association::start(TimePoint now) {
  *this = {};
  due_ = now;
}

void Association::restart(TimePoint now) {
  if (state_ == State::Denied) return;
  state_ = State::Resting;
  failures_ = 0;
  samples_ = 0;
  best_.reset();
  Duration least = floor_ > kLeastInterval ? floor_ : Duration(1s);
  due_ = sent_count_ == 0 ? now : std::max(now, asked_.now + least);
}

void Association::look_again(TimePoint at) {
  if (state_ != State::Resting || floor_ > kLeastInterval) return;
  samples_ = 0;
  best_.reset();
  due_ = std::min(due_, at);
}

TimePoint Association::deadline() const {
  switch (state_) {
    case State::Resting: return due_;
    case State::Waiting: return until_;
    case State::Denied: return kNever;
  }
  return kNever;
}

Duration Association::interval() const { return std::max(interval_, floor_); }

std::array<uint8_t, sntp::kMessageSize> Association::ask(Instant at, RandomSource& random) {
  do nonce_ = random.next();
  while (nonce_ == 0);
  state_ = State::Waiting;
  asked_ = at;
  until_ = at.now + std::min(retry_after(failures_), kMostPatience);
  ++sent_count_;
  return sntp::build_question(nonce_);
}

Outcome Association::fail(std::string_view why, TimePoint now) {
  state_ = State::Resting;
  complaint_ = Complaint(why);
  due_ = std::max(now, asked_.now + retry_after(failures_));
  if (floor_ > kLeastInterval) due_ = std::max(due_, asked_.now + floor_);
  if (failures_ < 10) ++failures_;
  samples_ = 0;
  best_.reset();
  if (sample_ && failures_ >= kFailing && sample_->at + kMemory < now) sample_.reset();
  return Outcome::Failed;
}

Outcome Association::send_failed(std::string_view why, TimePoint now) {
  if (state_ != State::Waiting) return Outcome::Nothing;
  answered_ = false;
  return fail(why, now);
}

Outcome Association::expired(TimePoint now, RandomSource& random) {
  if (state_ != State::Waiting || now < until_) return Outcome::Nothing;
  if (samples_ > 0) return settle(now, random);  // enough for this time
  answered_ = false;
  return fail("no answer", now);
}

Outcome Association::kissed(uint32_t code, TimePoint now) {
  if (code == kDeny || code == kRestrict) {
    state_ = State::Denied;
    sample_.reset();
    best_.reset();
    complaint_ = Complaint("it denies us the time: not asked again");
    return Outcome::Failed;
  }
  if (code == kRate) {
    floor_ = std::min(2 * interval(), kMostRateInterval);
    return fail("it asks for fewer questions", now);
  }
  if (sntp::letters_of(code).empty()) return fail("it is not synchronised itself", now);  // as chronyd says it
  Complaint text("kiss code ");
  text.append(sntp::letters_of(code).view());
  return fail(text, now);
}

Outcome Association::received(Bytes bytes, const Bounds& bounds, Instant at, RandomSource& random) {
  auto message = sntp::parse_answer(bytes);
  if (state_ != State::Waiting || !message || message->origin != nonce_) {
    ++dropped_;
    return Outcome::Nothing;
  }
  ++answers_;
  answered_ = true;
  if (message->stratum == sntp::kStratumKiss) return kissed(message->reference, at.now);
  if (message->leap == sntp::kLeapUnknown || message->stratum >= sntp::kStratumUnknown)
    return fail("it is not synchronised itself", at.now);
  if (message->receive == 0 || message->transmit == 0) return fail("it tells no time", at.now);
  if (message->root_delay / 2 + message->root_dispersion > kMostRootDistance)
    return fail("it is too far from its own source", at.now);

  Micros came = sntp::to_utc(message->receive, bounds.pivot());
  Micros left = sntp::to_utc(message->transmit, bounds.pivot());
  if (left < bounds.earliest || left > bounds.latest) {
    Complaint text("absurd time, refused: ");
    text.append(utc_text(std::chrono::duration_cast<Duration>(left).count()).view().substr(0, 10));
    return fail(text, at.now);
  }
  Micros way = at.utc - asked_.utc;
  if (size_of(way - Micros(at.now - asked_.now)) > kJump)
    return fail("our clock was set by somebody else meanwhile", at.now);
  if (left < came || left - came > way + Micros(1000)) return fail("it took longer than it did", at.now);
  return take({.offset = ((came - asked_.utc) + (left - at.utc)) / 2,
               .delay = std::max(Micros(0), way - (left - came)),
               .stratum = message->stratum,
               .reference = message->reference,
               .at = at.now},
              random);
}

Outcome Association::take(Sample sample, RandomSource& random) {
  if (quickest_) sample.offset = without_excess(sample, *quickest_);
  state_ = State::Resting;
  failures_ = 0;
  complaint_.clear();
  ++samples_;
  bool better = !best_ || sample.delay < best_->delay;
  if (better) best_ = sample_ = sample;
  bool quick = quickest_ && sample.delay <= *quickest_ * 3 / 2 + kQuickSlack;
  if (quick || samples_ >= kBurst || floor_ > kLeastInterval) return settle(sample.at, random);
  due_ = sample.at + kBurstPause;
  return better ? Outcome::Sampled : Outcome::Nothing;
}

// The next poll's interval is twice this one's, as long as nothing moves.
Outcome Association::settle(TimePoint now, RandomSource& random) {
  state_ = State::Resting;
  failures_ = 0;
  samples_ = 0;
  // A route that has become slower is got used to.
  quickest_ = quickest_ && best_->delay > *quickest_ ? *quickest_ + (best_->delay - *quickest_) / 8 : best_->delay;
  best_.reset();
  Duration pause = interval();
  due_ = now + pause + Duration(random.below(static_cast<uint32_t>(pause.count() / 16)));
  Micros offset = sample_->offset;
  bool stays_far = before_ && size_of(offset) > kFar && size_of(offset - *before_) <= kNear;
  interval_ = size_of(offset) <= kNear || stays_far ? std::min(2 * interval_, kMostInterval) : kLeastInterval;
  before_ = offset;
  return Outcome::Settled;
}

void Association::shift(Micros by) {
  asked_.utc += by;
  if (best_) best_->offset -= by;
  if (sample_) sample_->offset -= by;
  if (before_) *before_ -= by;
}

}  // namespace ck::timekeeping
