// SPDX-License-Identifier: MIT
// A machine with a clock that is wrong and drifts, time servers good and bad, and a network between that loses and
// delays: the Keeper in a world of virtual time. True time is what the world says; the clock is what the Keeper sees.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/time/keeper.h"

namespace ck::timekeeping {

inline constexpr Micros kSecond{1'000'000};
inline constexpr Micros kHour = 3600 * kSecond;
inline constexpr Micros kYear = 31'557'600 * kSecond;
inline constexpr Micros kStart{1'795'615'523'000'000};  // 2026-11-25T14:05:23Z
inline constexpr Bounds kBounds{.earliest = kStart - kYear, .latest = kStart + 50 * kYear};

// As the answer goes out: for lies of all kinds.
using Mangle = std::function<void(std::vector<uint8_t>&)>;

struct TimeServer {
  Micros error{};  // its clock's, against true time
  Micros there{500};
  Micros back{500};
  Micros jitter{};    // at most so much more, each way
  unsigned loss = 0;  // percent, each way
  bool silent = false;
  Mangle mangle;
  std::vector<TimePoint> asked;
};

class TimeWorld {
 public:
  explicit TimeWorld(size_t servers, Micros clock_error, uint64_t seed = 1, Rules rules = {.bounds = kBounds})
      : random_(seed), keeper(rules, random_), error_(clock_error) {
    std::vector<TimeServer> made(servers);
    this->servers = made;
    names(servers);
  }
  // The Keeper is told the first `count` servers.
  void names(size_t count) {
    Servers list;
    for (size_t i = 0; i < count; ++i) (void)list.push_back({.address = address(i)});
    keeper.set_servers(list, now_);
  }
  static IpAddress address(size_t index) { return Ipv4Address{0xc0000201 + static_cast<uint32_t>(index)}; }

  Micros true_time() const { return true_start + elapsed(); }
  Micros clock_error() const { return error_ + Micros(elapsed().count() * drift_ppm / 1'000'000); }
  Instant instant() const { return {.now = now_, .utc = true_time() + clock_error()}; }
  TimePoint now() const { return now_; }
  // What somebody else does to the clock.
  void push_clock(Micros by) { error_ += by; }

  void run(Duration span) {
    TimePoint end = now_ + span;
    while (true) {
      serve();
      TimePoint next = keeper.deadline();
      if (!flying_.empty()) next = std::min(next, flying_.begin()->first);
      if (slewing_ != Micros(0)) next = std::min<TimePoint>(next, now_ + 1s);
      if (next > end) break;
      advance(std::max(next, now_));
      keeper.expired(now_);
      deliver();
    }
    advance(end);
  }

  std::string log() const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

 private:
  struct Flight {
    size_t server;
    std::vector<uint8_t> message;
  };
  Micros elapsed() const { return Micros(now_ - kBoot); }

  // The kernel slews 500 ppm.
  void advance(TimePoint to) {
    Micros most = Micros((to - now_).count() / 2);
    Micros part = std::clamp(slewing_, -most, most);
    error_ += part;
    slewing_ -= part;
    now_ = to;
  }

  void serve() {
    while (auto question = keeper.next_question(instant())) {
      TimeServer& server = servers[question->slot];
      server.asked.push_back(now_);
      if (no_route) {
        keeper.send_failed(question->slot, "Network is unreachable", now_);
        continue;
      }
      if (server.silent || lost(server) || lost(server)) continue;
      Micros there = server.there + extra(server);
      Micros back = server.back + extra(server);
      flying_.emplace(now_ + round(there + back), Flight{question->slot, answer(server, *question, there)});
    }
    apply();
  }
  static Duration round(Micros span) { return Duration((span.count() + 999) / 1000); }
  bool lost(const TimeServer& server) { return random_.below(100) < server.loss; }
  Micros extra(const TimeServer& server) { return Micros(random_.below(static_cast<uint32_t>(server.jitter.count()))); }

  std::vector<uint8_t> answer(const TimeServer& server, const Question& question, Micros there) const {
    std::vector<uint8_t> message(sntp::kMessageSize);
    sntp::Timestamp time = sntp::to_timestamp(true_time() + there + server.error);
    ByteWriter out(message);
    out.u8(0x24).u8(2).u8(6).u8(0xe9).u32(0x200).u32(0x300).u32(0xc0000263).u64(time - (10ull << 32));
    out.bytes(Bytes(question.message).subspan(40)).u64(time).u64(time);
    if (server.mangle) server.mangle(message);
    return message;
  }

  void deliver() {
    while (!flying_.empty() && flying_.begin()->first <= now_) {
      Flight flight = flying_.begin()->second;
      flying_.erase(flying_.begin());
      keeper.received(flight.server, flight.message, instant());
      apply();
    }
  }

  void apply() {
    while (auto news = keeper.take_news()) lines.emplace_back(news->view());
    auto correction = keeper.take_correction();
    if (!correction) return;
    if (refuses) return keeper.refused("Operation not permitted");
    if (correction->kind == Correction::Kind::Slew) {
      slewing_ = correction->offset;
      ++slews;
      return keeper.slewed();
    }
    slewing_ = Micros(0);
    error_ += correction->offset;
    steps.push_back(correction->offset);
    keeper.stepped(correction->offset, now_);
  }

  static constexpr TimePoint kBoot = from_ms(5000);
  SeededRandom random_;

 public:
  Keeper keeper;
  std::vector<TimeServer> servers;
  std::vector<std::string> lines;
  std::vector<Micros> steps;
  size_t slews = 0;
  bool no_route = false;
  bool refuses = false;
  int64_t drift_ppm = 0;
  Micros true_start = kStart;

 private:
  TimePoint now_ = kBoot;
  Micros error_;
  Micros slewing_{};
  std::multimap<TimePoint, Flight> flying_;
};

}  // namespace ck::timekeeping
