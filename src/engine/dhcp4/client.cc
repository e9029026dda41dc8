// SPDX-License-Identifier: MIT
// Time, carrier and what the owner says; replies are in client_replies.cc, what is sent in client_queries.cc.
#include "engine/dhcp4/client.h"

#include <algorithm>

namespace ck::dhcp4 {

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

Actions Client::step(const Event& event, TimePoint now) {
  Actions actions;
  if (lease_ && now >= lease_->expires_at) expire(now, actions);
  if (remembered_ && now >= remembered_->expires_at) remembered_.reset();
  std::visit(
      Overloaded{[&](const CarrierFound&) { on_carrier_found(now, actions); },
                 [&](const CarrierLost&) { on_carrier_lost(now, actions); },
                 [&](const TimeReached&) { on_time(now, actions); },
                 [&](const Received& received) { on_reply(received.reply, now, actions); },
                 [&](const Conflict&) { on_conflict(now, actions); }, [&](const Stop&) { on_stop(now, actions); },
                 [&](const Remember& remember) { on_remember(remember, now); }},
      event);
  actions.timer = next_time();
  return actions;
}

void Client::on_carrier_found(TimePoint now, Actions& actions) {
  if (state_ != State::Down) return;
  withdraw_at_ = kNever;
  if (!wanted()) {
    select(Reason::CarrierFound, now, actions);
    return;
  }
  begin_exchange(now);
  enter(State::Rebooting, Reason::CarrierFound, actions);
  send(now, actions);
}

void Client::on_carrier_lost(TimePoint now, Actions& actions) {
  if (state_ == State::Down) return;
  offer_.reset();
  reserve_.reset();
  // The next carrier may lead to another network.
  shunned_.clear();
  refusals_ = 0;
  conflicts_ = 0;
  resend_at_ = kNever;
  if (in_use_) withdraw_at_ = now + kCarrierGrace;
  enter(State::Down, Reason::CarrierLost, actions);
}

void Client::on_time(TimePoint now, Actions& actions) {
  switch (state_) {
    case State::Down:
      if (now >= withdraw_at_) {
        withdraw_at_ = kNever;
        withdraw(actions);
      }
      return;
    case State::Init:
      if (now >= resend_at_) select(Reason::Started, now, actions);
      return;
    case State::Selecting:
      if (reserve_ && now >= reserve_at_) {
        take(*reserve_, now, actions);
      } else if (now >= resend_at_) {
        use_again(now, actions);
        send(now, actions);
      }
      return;
    case State::Requesting:
      if (now < resend_at_) return;
      if (backoff_.count() >= kRequestTries) {
        shun(now);
        use_again(now, actions);
        select(Reason::NoAnswer, now, actions);
      } else {
        send(now, actions);
      }
      return;
    case State::Rebooting:
      if (now < resend_at_) return;
      if (backoff_.count() >= kRebootTries || !wanted())
        select(Reason::NoAnswer, now, actions);
      else
        send(now, actions);
      return;
    case State::Bound:
    case State::Renewing:
    case State::Rebinding:
      if (state_ != State::Rebinding && now >= lease_->rebind_at) {
        if (state_ == State::Bound) begin_exchange(now);
        enter(State::Rebinding, Reason::RebindingDue, actions);
        send(now, actions);
      } else if (state_ == State::Bound && now >= lease_->renew_at) {
        begin_exchange(now);
        enter(State::Renewing, Reason::RenewalDue, actions);
        send(now, actions);
      } else if (state_ != State::Bound && now >= resend_at_) {
        send(now, actions);
      }
      return;
  }
}

void Client::on_conflict(TimePoint now, Actions& actions) {
  if (!in_use_) return;
  ++counters_.conflicts;
  withdraw(actions);
  if (state_ == State::Down) {  // nobody to tell it to
    forget();
    return;
  }
  if (now - used_since_ >= kStable) conflicts_ = 0;
  Duration duration = std::min(kFirstConflictPause * (1 << std::min(conflicts_, 3u)), kLongestConflictPause);
  ++conflicts_;
  // Two that were given the same address found each other at the same moment: they are not to meet for ever.
  duration += Duration(random_.between(0, duration.count() / 2));
  send_decline(actions);
  forget();
  pause(duration, Reason::Conflict, now, actions);
}

void Client::on_stop(TimePoint, Actions& actions) {
  if (in_use_ && state_ != State::Down) send_release(actions);
  in_use_ = false;
  forget();
  shunned_.clear();
  refusals_ = 0;
  conflicts_ = 0;
  resend_at_ = kNever;
  if (state_ != State::Down) enter(State::Down, Reason::Stopped, actions);
}

void Client::on_remember(const Remember& remember, TimePoint now) {
  if (state_ != State::Down || lease_ || now >= remember.expires_at) return;
  if (remember.address.address.family != Family::V4 || !is_host_address(remember.address.address.v4)) return;
  remembered_ = remember;
}

// The lease is over, in whatever state.
void Client::expire(TimePoint now, Actions& actions) {
  withdraw(actions);
  lease_.reset();
  withdraw_at_ = kNever;
  if (state_ == State::Bound || state_ == State::Renewing || state_ == State::Rebinding || state_ == State::Rebooting) {
    select(Reason::Expired, now, actions);
  } else if (state_ == State::Selecting) {
    backoff_ = Backoff(kFirstWait, kCapWithoutLease);  // it is urgent now
    resend_at_ = now;
  }
}

// The lease is to be used from now on, or still, or again.
void Client::use(TimePoint now, Actions& actions) {
  if (!in_use_) used_since_ = now;
  in_use_ = true;
  (void)actions.list.push_back(OfferLease{});
}

// Nobody answers: the lease from before the carrier was lost is better than none (RFC 2131 3.2 (4)).
void Client::use_again(TimePoint now, Actions& actions) {
  if (lease_ && !in_use_) use(now, actions);
}

void Client::withdraw(Actions& actions) {
  if (!in_use_) return;
  in_use_ = false;
  (void)actions.list.push_back(WithdrawLease{});
}

// Nothing is left to be asked for again.
void Client::forget() {
  lease_.reset();
  remembered_.reset();
  offer_.reset();
  reserve_.reset();
  withdraw_at_ = kNever;
}

void Client::enter(State next, Reason reason, Actions& actions) {
  if (!is_legal(state_, next)) __builtin_trap();  // a bug of ours; the simulations take every edge
  (void)actions.list.push_back(Transition{state_, next, reason});
  state_ = next;
}

void Client::pause(Duration duration, Reason reason, TimePoint now, Actions& actions) {
  offer_.reset();
  reserve_.reset();
  resend_at_ = now + duration;
  if (state_ != State::Init) enter(State::Init, reason, actions);  // a pause may give way to another
}

void Client::begin_exchange(TimePoint now) {
  transaction_ = static_cast<uint32_t>(random_.next());
  began_ = now;
  discovers_ = 0;
  backoff_ = Backoff(kFirstWait, in_use_ ? kCapWithLease : kCapWithoutLease);
}

void Client::select(Reason reason, TimePoint now, Actions& actions) {
  offer_.reset();
  reserve_.reset();
  begin_exchange(now);
  enter(State::Selecting, reason, actions);
  send(now, actions);
}

// The address that is asked for by name.
std::optional<Ipv4Address> Client::wanted() const {
  if (lease_) return lease_->address.address.v4;
  if (remembered_) return remembered_->address.address.v4;
  return std::nullopt;
}

TimePoint Client::next_time() const {
  TimePoint time = lease_ ? lease_->expires_at : kNever;
  switch (state_) {
    case State::Down: return std::min(time, withdraw_at_);
    case State::Bound: return std::min(time, lease_->renew_at);
    case State::Renewing: return std::min({time, resend_at_, lease_->rebind_at});
    case State::Selecting: return std::min({time, resend_at_, reserve_ ? reserve_at_ : kNever});
    case State::Init:
    case State::Requesting:
    case State::Rebooting:
    case State::Rebinding: return std::min(time, resend_at_);
  }
  return time;
}

}  // namespace ck::dhcp4
