// SPDX-License-Identifier: MIT
#include "engine/time/keeper.h"

#include <algorithm>

#include "base/text.h"

namespace ck::timekeeping {

namespace {

constexpr Duration kFresh = 30s;  // a sample that is older needs a second look

Micros size_of(Micros value) { return value < Micros(0) ? -value : value; }

bool agree(const Sample& a, const Sample& b) {
  return size_of(a.offset - b.offset) <= kAgreement + (a.delay + b.delay) / 2;
}

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::Unset: return "unset";
    case State::Set: return "set";
    case State::Synchronised: return "synchronised";
    case State::Observed: return "observed";
  }
  return "unset";
}

FixedString<32> offset_text(Micros offset) {
  char buffer[32];
  TextWriter out(buffer);
  auto size = static_cast<uint64_t>(size_of(offset).count());
  out.put(offset < Micros(0) ? '-' : '+').number(size / 1'000'000).put('.').number(size / 1000 % 1000, 3, '0');
  return FixedString<32>(out.put(" s").view());
}

void Keeper::tell(std::initializer_list<std::string_view> parts) {
  News line;
  for (std::string_view part : parts) line.append(part);
  if (news_.full()) news_.erase(0);
  (void)news_.push_back(line);
}

std::optional<News> Keeper::take_news() {
  if (news_.empty()) return std::nullopt;
  News line = news_[0];
  news_.erase(0);
  return line;
}

// ---- servers -------------------------------------------------------------------------------------------------------

bool Keeper::set_servers(const Servers& servers, TimePoint now) {
  if (servers == servers_) return false;
  std::array<Slot, kMaxServers> before = slots_;
  std::optional<Server> source;
  if (source_) source = servers_[*source_];
  source_.reset();
  for (size_t slot = 0; slot < servers.size(); ++slot) {
    slots_[slot] = {};
    slots_[slot].association.start(now);
    for (size_t old = 0; old < servers_.size(); ++old) {
      if (!servers[slot].is_at(servers_[old])) continue;
      slots_[slot] = before[old];
      if (old != slot && slots_[slot].association.is_waiting()) slots_[slot].association.restart(now);
    }
    if (source && servers[slot].is_at(*source)) source_ = slot;
  }
  servers_ = servers;
  candidate_.reset();
  judge(now);
  return true;
}

void Keeper::network_changed(TimePoint now) {
  for (size_t slot = 0; slot < servers_.size(); ++slot)
    if (!slots_[slot].association.complaint().empty()) slots_[slot].association.restart(now);
}

TimePoint Keeper::deadline() const {
  TimePoint least = kNever;
  for (size_t slot = 0; slot < servers_.size(); ++slot) least = std::min(least, slots_[slot].association.deadline());
  return least;
}

void Keeper::expired(TimePoint now) {
  for (size_t slot = 0; slot < servers_.size(); ++slot)
    handle(slot, slots_[slot].association.expired(now, random_), now);
}

std::optional<Question> Keeper::next_question(Instant at) {
  for (size_t slot = 0; slot < servers_.size(); ++slot) {
    if (!slots_[slot].association.is_due(at.now)) continue;
    return Question{.slot = slot, .server = servers_[slot], .message = slots_[slot].association.ask(at, random_)};
  }
  return std::nullopt;
}

void Keeper::send_failed(size_t slot, std::string_view why, TimePoint now) {
  if (slot < servers_.size()) handle(slot, slots_[slot].association.send_failed(why, now), now);
}

void Keeper::received(size_t slot, Bytes message, Instant at) {
  if (slot < servers_.size())
    handle(slot, slots_[slot].association.received(message, rules_.bounds, at, random_), at.now);
}

void Keeper::handle(size_t slot, Outcome outcome, TimePoint now) {
  if (outcome == Outcome::Nothing) return;
  Slot& at = slots_[slot];
  bool failing = at.association.is_failing();
  if (failing && at.association.complaint() != at.told.view()) {
    at.told = Complaint(at.association.complaint());
    tell({to_text(servers_[slot].address), ": ", at.told.view()});
  } else if (at.association.complaint().empty() && !at.told.empty()) {
    at.told.clear();
    tell({to_text(servers_[slot].address), ": answers"});
  }
  judge(now);
}

// ---- whom to believe -----------------------------------------------------------------------------------------------

size_t Keeper::voters() const {
  size_t count = 0;
  for (size_t slot = 0; slot < servers_.size(); ++slot) count += slots_[slot].sample() ? 1 : 0;
  return count;
}

Keeper::Group Keeper::group_around(size_t slot) const {
  Group group;
  const auto& center = slots_[slot].sample();
  for (size_t other = 0; center && other < servers_.size(); ++other) {
    const auto& sample = slots_[other].sample();
    group.members[other] = sample && agree(*center, *sample);
    group.size += group.members[other] ? 1 : 0;
  }
  return group;
}

Keeper::Group Keeper::best_group() const {
  Group best;
  if (source_) best = group_around(*source_);
  for (size_t slot = 0; slot < servers_.size(); ++slot) {
    Group group = group_around(slot);
    if (group.size > best.size) best = group;
  }
  return best;
}

void Keeper::tell_outvoted(const Group& group) {
  for (size_t slot = 0; slot < servers_.size(); ++slot) {
    const auto& sample = slots_[slot].sample();
    bool outvoted = sample && !group.members[slot];
    if (outvoted && !slots_[slot].outvoted)
      tell({to_text(servers_[slot].address), ": disagrees: ", offset_text(sample->offset), " where ",
            to_text(servers_[*source_].address), " says ", offset_text(slots_[*source_].sample()->offset)});
    slots_[slot].outvoted = outvoted;
  }
}

// ---- what to do ----------------------------------------------------------------------------------------------------

// A sample that was acted upon, or is older than what has been done since, is not to be acted upon again.
bool Keeper::is_news(const Slot& slot, TimePoint now) {
  return slot.sample() && slot.sample()->at != slot.used && now <= slot.sample()->at + kFresh;
}

void Keeper::judge(TimePoint now) {
  Group group = best_group();
  if (group.size == 0) {
    source_.reset();
    candidate_.reset();
    for (Slot& slot : slots_) slot.outvoted = false;
    if (state_ == State::Synchronised) enter(State::Set, now);
    if (state_ == State::Observed) enter(State::Unset, now);
    error_ = servers_.empty() ? "no server is known" : "no server tells the time";
    return;
  }
  size_t first = 0;
  while (!group.members[first]) ++first;
  if (source_ != first) candidate_.reset();
  source_ = first;
  tell_outvoted(group);
  bool majority = 2 * group.size > voters();
  error_ = majority ? "" : "servers disagree, and no majority agrees";
  size_t slot = *source_;
  Micros offset = slots_[slot].sample()->offset;
  if (rules_.mode == Mode::Observe) return enter(State::Observed, now);
  if (state_ != State::Unset && size_of(offset) <= kInStep && (majority || !is_news(slots_[slot], now)))
    enter(State::Synchronised, now);
  if (!is_news(slots_[slot], now)) return;
  if (state_ == State::Unset) return correct(Correction::Kind::Step, slot);
  if (size_of(offset) > Micros(rules_.max_slew)) return judge_great_offset(slot, group, now);
  candidate_.reset();
  correct(Correction::Kind::Slew, slot);
}

void Keeper::judge_great_offset(size_t slot, const Group& group, TimePoint now) {
  size_t all = voters();
  const Sample& sample = *slots_[slot].sample();
  if (group.size > 1 && 2 * group.size > all) return correct(Correction::Kind::Step, slot);
  slots_[slot].used = slots_[slot].sample()->at;
  enter(State::Set, now);
  if (all > 1) {  // let the others look again
    for (size_t other = 0; other < servers_.size(); ++other) {
      const auto& older = slots_[other].sample();
      if (older && older->at + kFresh < now) slots_[other].association.look_again(now);
    }
    return;
  }
  if (candidate_ && size_of(*candidate_ - sample.offset) <= kAgreement + sample.delay)
    return correct(Correction::Kind::Step, slot);
  tell({to_text(servers_[slot].address), ": the clock is off by ", offset_text(sample.offset), "; asking again"});
  candidate_ = sample.offset;
  slots_[slot].association.look_again(now + kBurstPause);
}

void Keeper::correct(Correction::Kind kind, size_t slot) {
  slots_[slot].used = slots_[slot].sample()->at;
  candidate_.reset();
  const Sample& sample = *slots_[slot].sample();
  correction_ = Correction{.kind = kind, .offset = sample.offset, .source = servers_[slot], .sample = sample};
}

std::optional<Correction> Keeper::take_correction() {
  auto correction = correction_;
  correction_.reset();
  return correction;
}

void Keeper::stepped(Micros by, TimePoint now) {
  refusal_.clear();
  enter(State::Set, now);
  for (size_t slot = 0; slot < servers_.size(); ++slot) slots_[slot].association.shift(by);
  if (candidate_) *candidate_ -= by;
}

void Keeper::enter(State state, TimePoint now) {
  if (state_ == state) return;
  state_ = state;
  since_ = now;
}

}  // namespace ck::timekeeping
