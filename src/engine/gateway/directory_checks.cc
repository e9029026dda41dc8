// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/gateway/directory.h"

namespace ck::gateway {

std::optional<Candidate> Directory::due_check(TimePoint now) {
  // Who waits longest, not who stands first: with more hosts than checks at once the last would never have their turn.
  Member* longest = nullptr;
  for (Member& member : members_)
    if (awaits_check(member) && member.check_at <= now && (longest == nullptr || member.check_at < longest->check_at))
      longest = &member;
  if (longest == nullptr) return std::nullopt;
  longest->in_check = true;
  auto addresses = addresses_in_order(*longest);
  // One that was down may be up at another of its addresses.
  return Candidate{.address = addresses[longest->falls % addresses.size()],
                   .port = longest->port,
                   .member = static_cast<uint8_t>(longest - members_.data())};
}

void Directory::hurry_checks(TimePoint now) {
  for (Member& member : members_) {
    if (member.health == Health::Untried) member.check_at = std::min(member.check_at, now);
    if (member.health == Health::Failing) member.check_at = std::min(member.check_at, now + kCheckIntervalRising);
  }
}

TimePoint Directory::check_deadline() const {
  TimePoint least = kNever;
  for (const Member& member : members_)
    if (awaits_check(member)) least = std::min(least, member.check_at);
  return least;
}

bool Directory::awaits_check(const Member& member) const {
  return checks_ != Checks::None && !member.in_check && address_of(member);
}

void Directory::checked(const Candidate& candidate, const ProbeResult& result, int64_t rtt_ms, TimePoint now) {
  Member* member = member_of(candidate);
  if (member == nullptr) {  // it has gone, or has other addresses now
    Member& place = members_[candidate.member % kMaxMembers];
    place.in_check = false;
    return;
  }
  member->in_check = false;
  member->rung = result.rung;
  if (result.has_no_way && member->health == Health::Untried) {
    // At boot one family comes after the other: another of its addresses may be reached, or this one in a moment.
    if (member->falls < UINT8_MAX) ++member->falls;
    explain(*member, candidate.address, result.fault);
    member->check_at = now + kCheckIntervalUntried;
    return;
  }
  if (result.up) {
    member->falls = 0;
    if (member->rises < kRise) ++member->rises;
    bool risen = member->health == Health::Failing && member->rises >= kRise && now >= member->held_until;
    if (member->health == Health::Untried || risen) {
      set_health(*member, Health::Healthy, now);
      member->failures = 0;
    }
    if (member->health == Health::Healthy) member->error.clear();
    if (!member->good) member->good = candidate.address;
    member->rtt_ms = rtt_ms;
  } else {
    member->rises = 0;
    if (member->falls < UINT8_MAX) ++member->falls;
    if (member->health == Health::Untried || member->falls >= kFall) set_health(*member, Health::Failing, now);
    explain(*member, candidate.address, result.fault);
  }
  Duration interval = kCheckInterval;
  if (member->health == Health::Failing || !result.up)
    interval = member->rises > 0 ? kCheckIntervalRising : kCheckIntervalFailing;
  int64_t fifth = interval.count() / 5;
  member->check_at = now + interval + Duration(random_.between(-fifth, fifth));
}

}  // namespace ck::gateway
