// SPDX-License-Identifier: MIT
// Keeps the clock by up to four servers: a pure state machine over their Associations. It says what to send, is told
// what came, and says how the clock is to be corrected; it never sets anything.
//
// Whom to believe: the servers whose samples agree with one another, where they are the most; of several such groups
// the one with the present source, or else the first in the order of the list. The source is the group's first.
// What to do: the first good answer of all steps the clock, whatever the offset is: at boot nobody has looked at it
// yet. Later an offset of at most `max_slew` is slewed, so that time never runs backwards; a greater one is stepped
// when a second server agrees, or, where no other answers, when the same one says so again two seconds later. Against a
// server that disagrees and a majority that there is not, the clock is not stepped.
#pragma once

#include <array>
#include <span>

#include "engine/time/association.h"
#include "engine/time/server.h"

namespace ck::timekeeping {

inline constexpr Duration kDefaultMaxSlew = 500ms;
inline constexpr Micros kInStep{128'000};  // RFC 5905 7.2, STEPT: nearer than that the clock counts as synchronised
// Two samples agree when their intervals of uncertainty (half of the delay) are not further apart than this.
inline constexpr Micros kAgreement{100'000};

// Whether there are corrections at all.
enum class Mode : uint8_t { Set, Observe };

struct Rules {
  Bounds bounds;
  Duration max_slew = kDefaultMaxSlew;
  Mode mode = Mode::Set;
};

enum class State : uint8_t {
  Unset,         // what the machine had at boot
  Set,           // by a server, but not confirmed, or not of late
  Synchronised,  // and near to what the source says
  Observed,      // a source says how far the clock is off; it is left so
};
std::string_view name_of(State state);

struct Question {
  size_t slot = 0;
  Server server;
  std::array<uint8_t, sntp::kMessageSize> message;
};

struct Correction {
  enum class Kind : uint8_t { Step, Slew };
  Kind kind = Kind::Slew;
  Micros offset{};
  Server source;
  Sample sample;
};

using News = FixedString<160>;

class Keeper {
 public:
  // `random` outlives this.
  Keeper(const Rules& rules, RandomSource& random) : rules_(rules), random_(random) {}

  // Those that were there before go on; but a question under way whose server has another place is given up, and asked
  // anew. False: nothing changed.
  bool set_servers(const Servers& servers, TimePoint now);
  // Addresses or routes are others: who does not answer is asked at once.
  void network_changed(TimePoint now);

  TimePoint deadline() const;
  // Looks at what time has made of all; then what is to be sent, one call for each question.
  void expired(TimePoint now);
  std::optional<Question> next_question(Instant at);
  bool waits(size_t slot) const { return slot < servers_.size() && slots_[slot].association.is_waiting(); }
  void send_failed(size_t slot, std::string_view why, TimePoint now);
  // What came from the server of that slot.
  void received(size_t slot, Bytes message, Instant at);

  // What is to be done to the clock now; said once.
  std::optional<Correction> take_correction();
  // What became of it: a step, a slew, or the system said no.
  void stepped(Micros by, TimePoint now);
  void slewed() { refusal_.clear(); }
  void refused(std::string_view why) { refusal_ = News(why); }
  // What is worth a line in the log, oldest first.
  std::optional<News> take_news();

  State state() const { return state_; }
  TimePoint since() const { return since_; }
  std::optional<size_t> source() const { return source_; }
  std::string_view error() const { return refusal_.empty() ? error_ : refusal_; }
  const Servers& servers() const { return servers_; }
  const Association& association(size_t slot) const { return slots_[slot].association; }
  // Its sample is not one of those that are believed.
  bool is_outvoted(size_t slot) const { return slot < kMaxServers && slots_[slot].outvoted; }

 private:
  struct Group {
    std::array<bool, kMaxServers> members{};
    size_t size = 0;
  };
  struct Slot {
    Association association;
    TimePoint used = from_ms(-1);  // when the sample came that was acted upon
    bool outvoted = false;
    Complaint told;  // what the log has of its complaint

    const std::optional<Sample>& sample() const { return association.sample(); }
  };
  void handle(size_t slot, Outcome outcome, TimePoint now);
  Group group_around(size_t slot) const;
  Group best_group() const;
  size_t voters() const;
  static bool is_news(const Slot& slot, TimePoint now);
  void judge(TimePoint now);
  void judge_great_offset(size_t slot, const Group& group, TimePoint now);
  void correct(Correction::Kind kind, size_t slot);
  void enter(State state, TimePoint now);
  void tell_outvoted(const Group& group);
  void tell(std::initializer_list<std::string_view> parts);

  Rules rules_;
  RandomSource& random_;
  Servers servers_;
  std::array<Slot, kMaxServers> slots_;
  std::optional<size_t> source_;
  std::optional<Micros> candidate_;  // a great offset that the lone source has to say again
  std::optional<Correction> correction_;
  State state_ = State::Unset;
  TimePoint since_{};
  News error_ = "no server is known";
  News refusal_;  // of the system, to set the clock
  FixedVector<News, 8> news_;
};

// "+0.012 s"
FixedString<32> offset_text(Micros offset);

}  // namespace ck::timekeeping
