// SPDX-License-Identifier: MIT
#include "engine/logring/target.h"

#include <algorithm>

#include "base/text.h"

namespace ck::logring {

namespace {

constexpr std::string_view kNoConnection = "no connection in time";
constexpr std::string_view kNoHandshake = "the server did not finish the TLS handshake in time";
constexpr std::string_view kStalled = "the server takes nothing";

uint64_t up_to(const Tally& tally, syslog::Severity severity) {
  uint64_t sum = 0;
  for (size_t i = 0; i <= static_cast<size_t>(severity); ++i) sum += tally[i];
  return sum;
}

}  // namespace

std::string_view name_of(Transport transport) {
  switch (transport) {
    case Transport::Udp: return "udp";
    case Transport::Tcp: return "tcp";
    case Transport::Tls: return "tls";
  }
  return "udp";
}

std::string_view name_of(syslog::Format format) {
  switch (format) {
    case syslog::Format::Rfc5424: return "rfc5424";
    case syslog::Format::Gelf: return "gelf";
    case syslog::Format::Json: return "json";
  }
  return "rfc5424";
}

std::string_view name_of(TargetState state) {
  switch (state) {
    case TargetState::Waiting: return "waiting";
    case TargetState::Connecting: return "connecting";
    case TargetState::Securing: return "securing";
    case TargetState::Trying: return "trying";
    case TargetState::Ready: return "ready";
  }
  return "waiting";
}

Target::Target(const TargetSpec& spec, const Ring& ring, RandomSource& random)
    : spec_(spec), ring_(ring), random_(random), cursor_(ring.oldest()) {}

uint64_t Target::queued() const {
  uint64_t sum = 0;
  for (size_t i = 0; i <= static_cast<size_t>(spec_.severity); ++i)
    sum += ring_.appended()[i] - std::max(cursor_.passed[i], ring_.dropped()[i]);
  // Overwritten, but there is the copy that is under way.
  bool only_copy = content_ == Content::Message && behind_.sequence - 1 < ring_.first();
  return only_copy ? sum + 1 : sum;
}

uint64_t Target::dropped() const {
  const Tally& passed = (content_ == Content::Message ? behind_ : cursor_).passed;
  uint64_t sum = dropped_;
  for (size_t i = 0; i <= static_cast<size_t>(spec_.severity); ++i)
    sum += ring_.dropped()[i] - std::min(passed[i], ring_.dropped()[i]);
  return sum;
}

void Target::enter(TargetState state, TimePoint now) {
  state_ = state;
  since_ = moved_ = now;
}

bool Target::set_address(const IpAddress& address, TimePoint now) {
  if (address == spec_.address) return false;
  spec_.address = address;
  retry_ = now;
  if (spec_.transport != Transport::Udp || state_ == TargetState::Waiting) return false;
  content_ = Content::Nothing;  // what is under way goes there, too
  out_ = {};
  trial_end_ = kNever;
  enter(TargetState::Waiting, now);
  return true;
}

void Target::connecting(TimePoint now) { enter(TargetState::Connecting, now); }

void Target::securing(TimePoint now) { enter(TargetState::Securing, now); }

void Target::connected(TimePoint now) {
  bool doubtful = spec_.transport == Transport::Udp && failures_ > 0;
  trial_end_ = kNever;
  flown_ = taken_ = 0;
  if (!doubtful) error_.clear();
  enter(doubtful ? TargetState::Trying : TargetState::Ready, now);
}

void Target::failed(std::string_view why, TimePoint now, size_t unacknowledged) {
  if (state_ == TargetState::Ready && now - since_ >= kProven) failures_ = 0;
  // RFC 5424 and its transports name no pauses: from one second to one minute, and not all servers' clients at once.
  Duration pause = kFirstPause * (1u << std::min(failures_, 6u));
  pause = std::min(pause, kLongestPause * 4 / 5);
  retry_ = now + Duration(random_.between(pause.count(), pause.count() * 5 / 4));
  ++failures_;
  error_ = why;
  content_ = Content::Nothing;
  out_ = {};
  take_back(unacknowledged);
  enter(TargetState::Waiting, now);
}

void Target::count_lost(const Tally& lost) {
  uint64_t count = up_to(lost, spec_.severity);
  dropped_ += count;
  to_tell_ += count;
}

void Target::compose(const syslog::Outgoing& message, Content content) {
  out_ = syslog::write_message(message, spec_.format, spec_.framing, buffer_);
  content_ = content;
}

// The next message that is meant for it, or the notice that stands before it; false when there is neither.
bool Target::compose_next(std::string_view host, int64_t utc_ms, TimePoint now) {
  for (;;) {
    Cursor behind = cursor_;
    Ring::Read read = ring_.read(behind);
    if (up_to(read.lost, syslog::Severity::Debug) > 0) {
      count_lost(read.lost);
      cursor_ = ring_.oldest();
    }
    if (to_tell_ > 0) {
      char buffer[64];
      TextWriter text(buffer);
      text.number(to_tell_).put(to_tell_ == 1 ? " message dropped" : " messages dropped");
      telling_ = to_tell_;
      compose({.priority = {syslog::kFacilityDaemon, syslog::Severity::Warning},
               .utc_ms = utc_ms,
               .uptime_ms = to_ms(now),
               .host = host,
               .program = "logd",
               .message_id = "dropped",
               .text = text.view()},
              Content::Notice);
      return true;
    }
    if (!read.entry) return false;
    if (!is_meant(*read.entry)) {
      cursor_ = behind;
      continue;
    }
    const Entry& entry = *read.entry;
    behind_ = behind;
    compose({.priority = entry.priority,
             .utc_ms = entry.utc_ms,
             .uptime_ms = to_ms(entry.at),
             .sequence = entry.sequence,
             .pid = entry.pid,
             .host = host,
             .program = entry.program,
             .message_id = entry.message_id,
             .text = entry.text},
            Content::Message);
    return true;
  }
}

Bytes Target::to_send(std::string_view host, int64_t utc_ms, TimePoint now) {
  if (state_ != TargetState::Ready && state_ != TargetState::Trying) return {};
  if (trial_end_ != kNever) return {};  // what was sent may yet come back as refused
  if (content_ == Content::Nothing) {
    moved_ = now;
    if (!compose_next(host, utc_ms, now)) return {};
  }
  return out_;
}

void Target::sent(size_t count, TimePoint now) {
  if (content_ == Content::Nothing || count == 0) return;
  moved_ = now;
  taken_ += count;
  out_ = out_.subspan(std::min(count, out_.size()));
  if (!out_.empty()) return;
  if (state_ == TargetState::Trying)
    trial_end_ = now + kTrial;
  else
    complete();
}

void Target::complete() {
  if (spec_.transport != Transport::Udp) {
    bool message = content_ == Content::Message;
    flights_[flown_++ % kFlights] = {
        .sequence = message ? behind_.sequence - 1 : 0, .told = message ? 0 : telling_, .end = taken_};
  }
  if (content_ == Content::Message) {
    cursor_ = behind_;
    ++sent_messages_;
  } else {
    to_tell_ -= telling_;
  }
  content_ = Content::Nothing;
}

void Target::take_back(size_t unacknowledged) {
  uint64_t arrived = taken_ - std::min<uint64_t>(unacknowledged, taken_);
  uint64_t again = 0;
  for (uint64_t i = flown_ - std::min<uint64_t>(flown_, kFlights); i < flown_; ++i) {
    const Flight& flight = flights_[i % kFlights];
    if (flight.end <= arrived) continue;
    if (flight.sequence == 0) {
      to_tell_ += flight.told;
      continue;
    }
    --sent_messages_;
    if (flight.sequence < ring_.first()) {
      ++dropped_;
      ++to_tell_;
    } else if (again == 0) {
      again = flight.sequence;
    }
  }
  flown_ = taken_ = 0;
  if (again != 0) cursor_ = ring_.seek(again);
}

TimePoint Target::deadline() const {
  switch (state_) {
    case TargetState::Waiting: return has_address() ? retry_ : kNever;
    case TargetState::Connecting: return since_ + kConnectPatience;
    case TargetState::Securing: return since_ + kHandshakePatience;
    case TargetState::Trying:
      if (trial_end_ != kNever) return trial_end_;
      break;
    case TargetState::Ready: break;
  }
  return content_ == Content::Nothing ? kNever : moved_ + kStallPatience;
}

bool Target::expired(TimePoint now, size_t unacknowledged) {
  if (state_ == TargetState::Waiting || now < deadline()) return false;
  if (trial_end_ != kNever && state_ == TargetState::Trying) {
    trial_end_ = kNever;
    failures_ = 0;
    error_.clear();
    complete();
    enter(TargetState::Ready, now);
    return false;
  }
  std::string_view why = state_ == TargetState::Connecting ? kNoConnection
                         : state_ == TargetState::Securing ? kNoHandshake
                                                           : kStalled;
  failed(why, now, unacknowledged);
  return true;
}

}  // namespace ck::logring
