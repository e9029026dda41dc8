// SPDX-License-Identifier: MIT
// One log server as a pure state machine: when to connect, what to send, when to give up and when to try again.
//
//   Waiting --connect--> Connecting --connected--> Ready (TCP) or Trying (UDP)     any --failed--> Waiting
//                             --securing--> Securing --connected--> Ready (TLS)
//
// What waits for the server waits in the ring, by a cursor; of a message that is under way there is a copy, so that
// half of it can always be followed by the other half. A message that was cut off with its connection is sent again,
// whole. What the ring has overwritten meanwhile is counted, those messages alone that this server would have got, and
// told to it on recovery by a message of its own: "7 messages dropped".
//
// Of a connection it remembers what it has handed over: when it breaks, the caller says how many bytes the other end
// has not acknowledged (TCP does know), and those messages are sent again, or counted where the ring has overwritten
// them. One that had arrived for all that comes twice, with the same number. What a server has acknowledged and not
// read is lost.
//
// UDP has no connection, but a host that nobody listens at says so (ICMP, at the next use of the socket). After a
// failure one message is sent alone and no other for kTrial; only then it counts as sent.
//
// It owns no socket: the caller connects, hands over what to_send() yields, and closes when it is told to. What a
// server says is of no interest; that it closes is failed().
#pragma once

#include <string_view>

#include "base/random.h"
#include "engine/logring/ring.h"
#include "engine/logring/spec.h"

namespace ck::logring {

inline constexpr Duration kFirstPause = 1s;  // before the second attempt; doubled for each one after that
inline constexpr Duration kLongestPause = 60s;
inline constexpr Duration kConnectPatience = 10s;
inline constexpr Duration kHandshakePatience = 10s;
inline constexpr Duration kStallPatience = 60s;  // for a server that takes nothing
inline constexpr Duration kTrial = 1s;
inline constexpr Duration kProven = 10s;  // so long a connection must last for the pauses to begin anew

enum class TargetState : uint8_t { Waiting, Connecting, Securing, Trying, Ready };
std::string_view name_of(TargetState state);  // "waiting", "connecting", "securing", "trying", "ready"

class Target {
 public:
  // Both outlive it. It begins with the oldest message of the ring, and at once.
  Target(const TargetSpec& spec, const Ring& ring, RandomSource& random);

  const TargetSpec& spec() const { return spec_; }
  TargetState state() const { return state_; }
  TimePoint since() const { return since_; }         // of the state
  std::string_view error() const { return error_; }  // why the last connection or attempt ended; empty when Ready
  uint64_t sent() const { return sent_messages_; }   // messages that went out whole
  uint64_t dropped() const;                          // messages that the ring overwrote before they could be sent
  uint64_t queued() const;                           // messages that wait for it, the one under way included

  // Whether its address is known, which may be had later, or be another. True when the socket is to be closed, since
  // UDP goes elsewhere from now on; a connection that stands is kept.
  bool has_address() const { return !spec_.address.is_unspecified(); }
  bool set_address(const IpAddress& address, TimePoint now);

  // Waiting, and it is time to connect.
  bool wants_connection(TimePoint now) const {
    return state_ == TargetState::Waiting && now >= retry_ && has_address();
  }
  void connecting(TimePoint now);
  void securing(TimePoint now);  // the TLS handshake begins
  void connected(TimePoint now);
  // The attempt or the connection has ended; the caller closes the socket. Of what the connection took, the last
  // `unacknowledged` bytes are not known to have arrived (over TLS: at most so many are not).
  void failed(std::string_view why, TimePoint now, size_t unacknowledged = 0);

  // What is to be sent next: one message (over UDP: a datagram) or the rest of one; empty when there is nothing. Valid
  // until the next call. `host` is our name.
  Bytes to_send(std::string_view host, int64_t utc_ms, TimePoint now);
  // So much of it was taken.
  void sent(size_t count, TimePoint now);

  // When expired() is to be called; kNever while only the ring or the socket can bring news.
  TimePoint deadline() const;
  // True when patience is over: the socket is to be closed, failed() has happened.
  bool expired(TimePoint now, size_t unacknowledged = 0);

 private:
  enum class Content : uint8_t { Nothing, Message, Notice };
  void enter(TargetState state, TimePoint now);
  void count_lost(const Tally& lost);
  bool is_meant(const Entry& entry) const { return entry.priority.severity <= spec_.severity; }
  bool compose_next(std::string_view host, int64_t utc_ms, TimePoint now);
  void compose(const syslog::Outgoing& message, Content content);
  void complete();
  void take_back(size_t unacknowledged);

  // A message that the connection took whole.
  struct Flight {
    uint64_t sequence = 0;  // 0: of a notice
    uint64_t told = 0;      // what that said
    uint64_t end = 0;       // bytes that the connection had taken then
  };
  static constexpr size_t kFlights = 128;  // more than the kernel is to keep; one too many counts as arrived

  TargetSpec spec_;
  const Ring& ring_;
  RandomSource& random_;
  TargetState state_ = TargetState::Waiting;
  TimePoint since_ = from_ms(0);
  TimePoint retry_ = from_ms(0);
  TimePoint moved_ = from_ms(0);  // when the socket last took something, or had nothing to take
  TimePoint trial_end_ = kNever;
  unsigned failures_ = 0;  // in a row
  FixedString<240> error_;
  Cursor cursor_;         // behind the last message that went out whole
  Cursor behind_;         // behind the one that is under way
  uint64_t to_tell_ = 0;  // dropped, and not yet said
  uint64_t telling_ = 0;  // of these, in the notice under way
  uint64_t sent_messages_ = 0;
  uint64_t dropped_ = 0;                    // that compose_next() has come upon
  std::array<Flight, kFlights> flights_{};  // the last of this connection, flights_[i % kFlights]
  uint64_t flown_ = 0;                      // how many there were
  uint64_t taken_ = 0;                      // bytes
  Content content_ = Content::Nothing;
  Bytes out_;  // the rest of what is under way, inside buffer_
  std::array<char, syslog::kMaxFrame> buffer_;
};

}  // namespace ck::logring
