// SPDX-License-Identifier: MIT
// A log server and the network before it, under virtual time, around one logring::Target: it takes bytes in pieces of
// any size, goes away, comes back, stalls, lets bytes lie on their way, and reads what came whole.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/logring/target.h"

namespace ck::test {

struct Received {
  uint64_t sequence = 0;  // 0: of a notice
  uint64_t dropped = 0;   // what a notice says
  std::string text;
};

class LogWorld {
 public:
  LogWorld(const logring::TargetSpec& spec, uint64_t seed, size_t ring_size = logring::kMinRing)
      : random(seed), memory(ring_size), ring(memory), target(spec, ring, random) {}

  SeededRandom random;
  std::vector<uint8_t> memory;
  logring::Ring ring;
  logring::Target target;
  TimePoint now = from_ms(1000);

  bool listens = true;      // a connection is accepted (UDP: nobody says that there is no one)
  bool answers = true;      // to an attempt at once, by yes or no; else not at all
  size_t room = SIZE_MAX;   // bytes that the socket takes
  size_t piece = SIZE_MAX;  // at most so many at once
  int connections = 0;      // attempts
  std::vector<TimePoint> attempts;
  std::vector<Received> received;
  std::vector<syslog::Severity> severities;  // of all that was appended
  bool refused_later = false;                // UDP: a datagram was refused, and the socket has yet to hear of it

  void log(syslog::Severity severity = syslog::Severity::Info, size_t size = 0) {
    std::string text = "entry " + std::to_string(severities.size() + 1);
    text.resize(std::max(text.size(), size), '.');
    ring.append({.at = now, .priority = {3, severity}, .program = "test", .text = text});
    severities.push_back(severity);
  }

  bool is_udp() const { return target.spec().transport == logring::Transport::Udp; }

  // The connection breaks; what is not whole, or has not arrived, is gone.
  void cut() {
    size_t unacknowledged = on_the_way_.size();
    stream_.clear();
    on_the_way_.clear();
    if (target.state() != logring::TargetState::Waiting) target.failed("broken", now, unacknowledged);
  }
  // So many bytes that the connection has taken stay on the way for now.
  size_t lag = 0;

  // All that happens at this moment.
  void settle() {
    for (int steps = 0; steps < 100'000; ++steps) {
      if (target.expired(now, on_the_way_.size())) {
        stream_.clear();
        on_the_way_.clear();
      }
      arrive();
      if (refused_later && target.state() != logring::TargetState::Waiting) {
        refused_later = false;
        cut();
        continue;
      }
      if (target.wants_connection(now)) {
        connect();
        continue;
      }
      Bytes bytes = target.to_send("host", 0, now);
      if (bytes.empty() || room == 0) return;
      size_t count = std::min({bytes.size(), room, piece});
      if (is_udp()) count = bytes.size();
      room -= room == SIZE_MAX ? 0 : count;
      take(bytes.first(count));
      target.sent(count, now);
    }
    __builtin_trap();  // it never comes to rest
  }

  // Until `end`, from deadline to deadline.
  void run_until(TimePoint end) {
    settle();
    while (target.deadline() < end) {
      now = std::max(now, target.deadline());
      settle();
    }
    now = end;
    settle();
  }

 private:
  void connect() {
    ++connections;
    attempts.push_back(now);
    stream_.clear();
    on_the_way_.clear();
    target.connecting(now);
    if (is_udp() || (answers && listens)) return target.connected(now);
    if (answers) target.failed("refused", now);
  }

  void take(Bytes bytes) {
    if (is_udp()) {
      if (listens)
        receive(as_text(bytes));
      else
        refused_later = true;
      return;
    }
    on_the_way_ += as_text(bytes);
    arrive();
  }

  void arrive() {
    if (on_the_way_.size() > lag) {
      stream_ += on_the_way_.substr(0, on_the_way_.size() - lag);
      on_the_way_.erase(0, on_the_way_.size() - lag);
    }
    for (;;) {
      size_t blank = stream_.find(' ');
      if (blank == std::string::npos) return;
      size_t length = number(stream_);
      if (stream_.size() < blank + 1 + length) return;
      receive(std::string_view(stream_).substr(blank + 1, length));
      stream_.erase(0, blank + 1 + length);
    }
  }

  static uint64_t number(std::string_view text) {
    uint64_t value = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  void receive(std::string_view message) {
    Received one;
    constexpr std::string_view kId = "sequenceId=\"";
    if (size_t at = message.find(kId); at != std::string_view::npos)
      one.sequence = number(message.substr(at + kId.size()));
    one.text = message.substr(message.find("] ") + 2);
    if (one.sequence == 0) one.dropped = number(one.text);
    received.push_back(one);
  }

  std::string on_the_way_;  // taken by the connection, and not yet there
  std::string stream_;      // what of a message has come
};

}  // namespace ck::test
