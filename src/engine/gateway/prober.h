// SPDX-License-Identifier: MIT
// One check of one host, as a pure state machine that climbs a ladder:
//
//   connect -> bind the management interface -> is_server_listening -> inq_if_ids holds our interface
//
// A host that does not offer management to us is asked once more, on a new connection, by a bind of our interface
// alone. It never sends a request of the service itself. The caller carries bytes as it does for a Session; all of it
// ends by deadline().
#pragma once

#include <array>
#include <string_view>

#include "base/time.h"
#include "engine/gateway/pdu_pipe.h"
#include "wire/dcerpc/management.h"

namespace ck::gateway {

// How far a host was followed; each includes those before.
enum class Rung : uint8_t { Nothing, Connected, Bound, Listening, Serving };
std::string_view name_of(Rung rung);

enum class ProbeStep : uint8_t {
  Continue,  // wait for what wants_bytes(), to_send() and deadline() name
  Connect,   // close the connection, if there is one, and open a new one
  Done,      // close it; result() holds
};

struct ProbeResult {
  bool up = false;
  Rung rung = Rung::Nothing;
  std::string_view fault;  // static text; empty when up
  // There was no way to it from here (set by who makes the connections): that says nothing of the host.
  bool has_no_way = false;
};

inline constexpr Duration kProbePatience = 3s;  // for each connection

class Prober {
 public:
  // What is sent before anything else on each connection; at most so many bytes.
  static constexpr size_t kMaxGreeting = 16;

  // `buffers` outlives it.
  Prober(Buffers& buffers, const dcerpc::SyntaxId& interface, Bytes greeting = {});

  ProbeStep start(TimePoint now);
  TimePoint deadline() const { return state_ == State::Idle ? kNever : deadline_; }
  bool is_running() const { return state_ != State::Idle; }
  bool is_connecting() const { return state_ == State::Connect; }
  // After Done.
  const ProbeResult& result() const { return result_; }

  ProbeStep connected();
  ProbeStep failed(std::string_view fault);  // static text
  bool wants_bytes() const { return state_ != State::Idle && state_ != State::Connect && in_.has_room(); }
  MutableBytes room() { return in_.room(); }
  ProbeStep received(size_t count, TimePoint now);
  ProbeStep closed(TimePoint now);
  Bytes to_send() const { return Bytes(out_).first(out_size_).subspan(sent_); }
  void sent(size_t count) { sent_ = static_cast<uint8_t>(sent_ + count); }
  ProbeStep expired(TimePoint now);
  void stop();

 private:
  enum class State : uint8_t { Idle, Connect, Management, Listening, Interfaces, BindOnly };
  MutableBytes room_to_say() { return MutableBytes(out_).subspan(out_size_); }
  void put(Bytes pdu) { out_size_ = static_cast<uint8_t>(out_size_ + pdu.size()); }
  void ask(uint16_t opnum);
  ProbeStep answer(TimePoint now);
  ProbeStep finish(bool up, std::string_view fault);
  ProbeStep disappointed(std::string_view fault, TimePoint now);

  PduPipe in_;
  dcerpc::SyntaxId interface_;
  State state_ = State::Idle;
  bool alone_ = false;  // the second connection, for our interface
  ProbeResult result_;
  TimePoint deadline_ = kNever;
  std::array<uint8_t, kMaxGreeting> greeting_{};
  uint8_t greeting_size_ = 0;
  std::array<uint8_t, kMaxGreeting + dcerpc::kBindSize> out_{};
  uint8_t out_size_ = 0;
  uint8_t sent_ = 0;
  uint32_t call_id_ = 0;
};

}  // namespace ck::gateway
