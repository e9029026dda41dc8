// SPDX-License-Identifier: MIT
// One server and what it says the time is, as a pure state machine (the client of RFC 4330 5 and 10, RFC 5905 7.4, 8).
// A poll is up to four questions two seconds apart; it is over as soon as an answer came as quickly as the quickest
// known, and the quickest of the poll is what counts, since half of the delay is how far it may be off. Where all were
// slow, what their slowness may explain is taken from the offset.
// A server that does not answer, or not usefully, is asked again after 1, 2, 4 ... 1024 s. Polls follow after 64 s,
// then 128 ... 1024 s while the clock stays near (or as far away as it was: nobody follows that server). DENY and RSTR
// end it for good, RATE doubles the least interval. What does not repeat the nonce of the question awaited is dropped
// and counted, and the wait goes on. It judges one server by itself; the Keeper compares several, and sets the clock.
#pragma once

#include <optional>

#include "base/random.h"
#include "engine/time/instant.h"
#include "wire/sntp/message.h"

namespace ck::timekeeping {

inline constexpr Duration kLeastInterval = 64s;     // RFC 5905 7.2: MINPOLL is 2^4; we are many
inline constexpr Duration kMostInterval = 1024s;    // MAXPOLL of most clients
inline constexpr Duration kMostRateInterval = 36h;  // RFC 5905 7.2: 2^17 s
inline constexpr Duration kBurstPause = 2s;         // RFC 5905 7.2: BTIME
inline constexpr unsigned kBurst = 4;
inline constexpr unsigned kFailing = 3;        // questions without an answer
inline constexpr Duration kMemory = 30min;     // of what a server said that does not answer
inline constexpr Duration kMostPatience = 4s;  // for an answer
// RFC 5905 7.2: MAXDISP. Not MAXDIST (1 s), which domain controllers exceed that keep time well enough for us.
inline constexpr Micros kMostRootDistance{16'000'000};

// What may be believed at all. Timestamps are of the era nearest to the middle.
struct Bounds {
  Micros earliest{};
  Micros latest{};
  Micros pivot() const { return earliest + (latest - earliest) / 2; }
};

struct Sample {
  Micros offset{};  // of the server's clock from ours: what ours has to be put forward by
  Micros delay{};   // there and back
  uint8_t stratum = 0;
  uint32_t reference = 0;
  TimePoint at{};
};

using Complaint = FixedString<64>;

enum class Outcome : uint8_t {
  Nothing,  // not an answer to us, or nothing that counts
  Sampled,  // sample() is new, and the poll goes on
  Settled,  // the poll is over, sample() is what it brought
  Failed,   // no usable answer; complaint() says why
};

class Association {
 public:
  // The first question is due at once.
  void start(TimePoint now);
  // The question awaited, if any, is given up; the next is due at once (the network is another), unless that was
  // denied, or a second after the last.
  void restart(TimePoint now);
  // A new poll begins at `at`, unless an answer is awaited or the server asked for patience.
  void look_again(TimePoint at);

  TimePoint deadline() const;
  bool is_due(TimePoint now) const { return state_ == State::Resting && due_ <= now; }
  bool is_waiting() const { return state_ == State::Waiting; }
  bool is_denied() const { return state_ == State::Denied; }
  // The question to send now.
  std::array<uint8_t, sntp::kMessageSize> ask(Instant at, RandomSource& random);
  // It could not be sent, or the host says that nobody listens.
  Outcome send_failed(std::string_view why, TimePoint now);
  Outcome received(Bytes message, const Bounds& bounds, Instant at, RandomSource& random);
  // The patience may be over.
  Outcome expired(TimePoint now, RandomSource& random);
  // Our clock has been put forward by so much.
  void shift(Micros by);

  // The last poll's best; nothing before the first, and when there was no answer for half an hour.
  const std::optional<Sample>& sample() const { return sample_; }
  std::string_view complaint() const { return complaint_; }  // empty: all is well
  // Whether the complaint is worth a word: an answer was of no use, or three questions in a row had none.
  bool is_failing() const { return !complaint_.empty() && (failures_ >= kFailing || answered_); }
  Duration interval() const;
  uint32_t sent() const { return sent_count_; }
  uint32_t answers() const { return answers_; }
  uint32_t dropped() const { return dropped_; }

 private:
  enum class State : uint8_t { Resting, Waiting, Denied };
  Outcome fail(std::string_view why, TimePoint now);
  Outcome kissed(uint32_t code, TimePoint now);
  Outcome take(Sample sample, RandomSource& random);
  Outcome settle(TimePoint now, RandomSource& random);

  State state_ = State::Resting;
  TimePoint due_{};    // Resting: of the next question
  TimePoint until_{};  // Waiting: for the answer
  Instant asked_{};
  sntp::Timestamp nonce_ = 0;
  unsigned failures_ = 0;       // in a row
  unsigned samples_ = 0;        // of this poll
  std::optional<Sample> best_;  // of this poll
  std::optional<Sample> sample_;
  std::optional<Micros> quickest_;  // delay that a good answer has
  std::optional<Micros> before_;    // offset at the end of the last poll
  Duration interval_ = kLeastInterval;
  Duration floor_ = kLeastInterval;  // what RATE has made of it
  Complaint complaint_;
  bool answered_ = false;  // the complaint is about an answer
  uint32_t sent_count_ = 0;
  uint32_t answers_ = 0;
  uint32_t dropped_ = 0;
};

}  // namespace ck::timekeeping
