// SPDX-License-Identifier: MIT
// The web server: listens, turns away whom it does not serve before a byte is read, keeps the places of connections and
// publishes its own state ($COREKMS_RUN/webd/state).
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "app/webd/connection.h"
#include "engine/web/refusals.h"
#include "engine/web/spec.h"
#include "sys/pages.h"

namespace ck::webd {

class Webd final : ConnectionOwner {
 public:
  static constexpr size_t kMaxConnections = 32;
  static constexpr size_t kMaxOfSource = 16;  // an IPv4 address or an IPv6 /64
  static constexpr size_t kMaxLogQueries = 4;

  Webd(sys::EventLoop& loop, const web::WebSpec& spec) : loop_(loop), spec_(spec) {}
  // Errors: System.
  Result<void> start();

 private:
  struct Door {
    sys::UniqueFd fd;
    sys::Watch watch;
  };

  sys::EventLoop& loop() override { return loop_; }
  Answer answer(std::string_view path, TimePoint now, std::span<char> buffer) override;
  LogQuery* log_query() override;
  void answered(http::Status status) override;
  void wake_at(TimePoint deadline) override;

  Result<void> listen();
  void accept(int listener);
  void take(sys::AcceptedTcp client, TimePoint now);
  // Says that it is too much, in one write that either fits or does not.
  void turn_away(const sys::AcceptedTcp& client);
  void refuse(const sys::AcceptedTcp& client);
  void on_timer();
  void clean(size_t place);
  void publish(TimePoint now);

  sys::EventLoop& loop_;
  web::WebSpec spec_;
  Content content_;
  web::Counters counters_;
  FixedString<200> listen_;
  AddressText last_refused_;
  web::Refusals refusals_;
  std::array<Door, web::kMaxListeners> doors_;
  sys::Pages memory_;  // the places' answers; what was touched is given back when a connection is over
  std::array<LogQuery, kMaxLogQueries> queries_;
  std::array<std::optional<Connection>, kMaxConnections> connections_;
  std::array<IpPrefix, kMaxConnections> peers_;  // of those connections
  sys::Timer timer_;
  sys::SignalWatch signals_;
  TimePoint since_;
  TimePoint published_ = from_ms(-1'000'000);
  bool stale_ = true;  // what is published
  TimePoint accept_again_ = kNever;
};

}  // namespace ck::webd
