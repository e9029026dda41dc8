// SPDX-License-Identifier: MIT
// One client: its socket, its Exchange, and the answer on its way. The answer is built whole in the place's own memory
// and sent from there as fast as the client reads, for as long as the exchange lets it. The socket tells once that
// there is more (edge-triggered). The owner is told when it is over, and destroys it.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "app/webd/content.h"
#include "app/webd/log_query.h"
#include "engine/web/exchange.h"
#include "sys/event_loop.h"
#include "sys/tcp.h"
#include "wire/http/response.h"

namespace ck::webd {

inline constexpr size_t kPlaceSize = 64 * 1024;  // of which http::kMaxHead for the head

// What a connection needs of the program.
class ConnectionOwner {
 public:
  virtual sys::EventLoop& loop() = 0;
  virtual Answer answer(std::string_view path, TimePoint now, std::span<char> buffer) = 0;
  // A query that nobody uses, or nullptr: no more at once, or /logs is switched off.
  virtual LogQuery* log_query() = 0;
  virtual void answered(http::Status status) = 0;
  // The deadline has changed.
  virtual void wake_at(TimePoint deadline) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class Connection {
 public:
  static constexpr Duration kLogPatience = 2s;

  Connection(ConnectionOwner& owner, sys::UniqueFd client, std::span<char> place, TimePoint now);
  ~Connection();

  // Errors: System; the connection is then of no use.
  Result<void> start();
  void on_time(TimePoint now);
  bool is_over() const { return exchange_.state() == web::Exchange::State::Closed || broken_; }
  TimePoint deadline() const;

 private:
  void pump(TimePoint now);
  bool read();
  bool send(TimePoint now);
  void respond(TimePoint now);
  void respond_with(const Answer& answer, TimePoint now);
  bool ask_log(TimePoint now);
  void on_log(bool answered, TimePoint now);
  std::span<char> body_buffer() const { return place_.subspan(http::kMaxHead); }

  ConnectionOwner& owner_;
  std::span<char> place_;
  web::Exchange exchange_;
  sys::UniqueFd client_;
  sys::Watch watch_;
  std::array<uint8_t, 2048> input_;  // what came and is not read yet
  Bytes pending_;                    // of it
  std::string_view output_;          // what is still to be sent
  bool responded_ = false;           // the answer to the present request is in output_
  bool readable_ = false;
  bool writable_ = false;
  bool broken_ = false;
  LogQuery* query_ = nullptr;  // whose answer is awaited
  std::optional<web::Body> lines_;
  TimePoint query_until_ = kNever;
};

}  // namespace ck::webd
