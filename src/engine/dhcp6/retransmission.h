// SPDX-License-Identifier: MIT
// When a message is sent again, and when it is given up (RFC 9915 section 15): each time is about twice the one before,
// up to a longest one, with a tenth of it added or taken by chance; the exchange ends after so many transmissions or
// after so long, where its rule says so. One object serves one exchange. The rules are those of section 7.6.
#pragma once

#include <algorithm>

#include "base/random.h"
#include "base/time.h"

namespace ck::dhcp6 {

struct RetransmissionRule {
  Duration initial{0};  // IRT
  Duration longest{0};  // MRT; 0: none
  unsigned most = 0;    // MRC; 0: no limit
  Duration at_most{0};  // MRD; 0: no limit
};

inline constexpr RetransmissionRule kSolicitRule = {.initial = 1s, .longest = 3600s};  // SOL_TIMEOUT, SOL_MAX_RT
inline constexpr RetransmissionRule kRequestRule = {.initial = 1s, .longest = 30s, .most = 10};
inline constexpr RetransmissionRule kConfirmRule = {.initial = 1s, .longest = 4s, .at_most = 10s};
inline constexpr RetransmissionRule kRenewRule = {.initial = 10s, .longest = 600s};
inline constexpr RetransmissionRule kRebindRule = {.initial = 10s, .longest = 600s};
inline constexpr RetransmissionRule kInformationRule = {.initial = 1s, .longest = 3600s};  // INF_TIMEOUT, INF_MAX_RT
inline constexpr RetransmissionRule kReleaseRule = {.initial = 1s, .most = 4};
inline constexpr RetransmissionRule kDeclineRule = {.initial = 1s, .most = 4};

// Of the first time: a Solicit's is never shorter than SOL_TIMEOUT, since that long Advertises are collected (18.2.1).
enum class FirstTime : uint8_t { Either, Longer };

class Retransmission {
 public:
  Retransmission() = default;
  explicit Retransmission(const RetransmissionRule& rule) : rule_(rule) {}

  // When the message was sent first.
  TimePoint began() const { return began_; }
  // How often the message was sent.
  unsigned count() const { return count_; }
  void set_longest(Duration longest) { rule_.longest = longest; }

  // The message is sent now: when its time is over.
  TimePoint next(TimePoint now, RandomSource& random, FirstTime first = FirstTime::Either) {
    if (count_ == 0) {
      began_ = now;
      int64_t tenth = rule_.initial.count() / 10;
      time_ = rule_.initial + Duration(random.between(first == FirstTime::Longer ? 1 : -tenth, tenth));
    } else {
      time_ = 2 * time_ + jitter(time_, random);
    }
    if (rule_.longest > Duration(0) && time_ > rule_.longest) time_ = rule_.longest + jitter(rule_.longest, random);
    ++count_;
    if (rule_.at_most > Duration(0)) return std::min(now + time_, began_ + rule_.at_most);
    return now + time_;
  }
  // The time is over and nobody answered: whether that was the last one.
  bool is_exhausted(TimePoint now) const {
    if (rule_.most > 0 && count_ >= rule_.most) return true;
    return count_ > 0 && rule_.at_most > Duration(0) && now >= began_ + rule_.at_most;
  }

 private:
  static Duration jitter(Duration time, RandomSource& random) {
    int64_t tenth = time.count() / 10;
    return Duration(random.between(-tenth, tenth));
  }

  RetransmissionRule rule_;
  TimePoint began_ = from_ms(0);
  Duration time_{0};  // RT
  unsigned count_ = 0;
};

}  // namespace ck::dhcp6
