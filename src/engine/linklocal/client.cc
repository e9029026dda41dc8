// SPDX-License-Identifier: MIT
#include "engine/linklocal/client.h"

#include <algorithm>

namespace ck::linklocal {

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

uint64_t seed_of(const MacAddress& mac) {
  uint64_t seed = 0;
  for (uint8_t octet : mac.octets) seed = seed << 8 | octet;
  return seed;
}

}  // namespace

Client::Client(const MacAddress& own, RandomSource& random) : guard_(own, random), choice_(seed_of(own)) {}

Actions Client::step(const Event& event, TimePoint now) {
  Actions actions;
  std::visit(Overloaded{[&](const Start&) {
                          if (started_) return;
                          started_ = true;
                          conflicts_ = 0;
                          try_next(now, actions);
                        },
                        [&](const Stop&) {
                          if (!started_) return;
                          started_ = false;
                          retry_at_ = kNever;
                          withdraw(actions);
                          drive(acd::Abandon{}, now, actions);
                        },
                        [&](const LinkFound&) { drive(acd::LinkFound{}, now, actions); },
                        [&](const LinkLost&) { drive(acd::LinkLost{}, now, actions); },
                        [&](const TimeReached&) {
                          if (started_ && now >= retry_at_) try_next(now, actions);
                          drive(acd::TimeReached{}, now, actions);
                        },
                        [&](const Received& received) { drive(acd::Received{received.packet}, now, actions); }},
             event);
  actions.timer = std::min(guard_at_, retry_at_);
  return actions;
}

void Client::try_next(TimePoint now, Actions& actions) {
  retry_at_ = kNever;
  Ipv4Address address{kFirst.value + choice_.below(kLast.value - kFirst.value + 1)};
  drive(acd::Claim{address, acd::Use::AfterProbing}, now, actions);
}

void Client::drive(const acd::Event& event, TimePoint now, Actions& actions) {
  acd::Actions done = guard_.step(event, now);
  guard_at_ = done.timer;
  for (const acd::Action& action : done.list) {
    std::visit(Overloaded{[&](const acd::Send& send) { (void)actions.list.push_back(Send{send.packet}); },
                          [&](const acd::Usable&) {
                            in_use_ = true;
                            (void)actions.list.push_back(OfferAddress{});
                          },
                          [&](const acd::Conflict&) {
                            withdraw(actions);
                            ++conflicts_;
                            retry_at_ = conflicts_ < kMaxConflicts ? now : now + kRateLimitInterval;
                          },
                          [](const acd::Contest&) {}},  // only of an address that is always kept
               action);
  }
}

void Client::withdraw(Actions& actions) {
  if (!in_use_) return;
  in_use_ = false;
  (void)actions.list.push_back(WithdrawAddress{});
}

}  // namespace ck::linklocal
