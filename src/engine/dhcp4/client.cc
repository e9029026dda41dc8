// SPDX-License-Identifier: MIT
#include "engine/dhcp4/client.h"

#include <algorithm>

namespace ck::dhcp4 {

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

constexpr Duration kNoPause{0};

uint16_t seconds_between(TimePoint from, TimePoint to) {
  int64_t seconds = std::max<int64_t>((to - from).count() / 1000, 0);
  return static_cast<uint16_t>(std::min<int64_t>(seconds, 0xffff));
}

// RFC 2131 4.4.5: half of the remaining time, not below 60 s; and not beyond what ends the state.
TimePoint next_renewal(TimePoint now, TimePoint limit) {
  if (limit == kNever) return kNever;
  return std::min(limit, now + std::max((limit - now) / 2, kLeastRenewalWait));
}

}  // namespace

Actions Client::step(const Event& event, TimePoint now) {
  Actions actions;
  if (lease_ && now >= lease_->expires_at) expire(now, actions);
  std::visit(Overloaded{[&](const CarrierFound&) { on_carrier_found(now, actions); },
                        [&](const CarrierLost&) { on_carrier_lost(now, actions); },
                        [&](const TimeReached&) { on_time(now, actions); },
                        [&](const Received& received) { on_reply(received.reply, now, actions); }},
             event);
  actions.timer = next_time();
  return actions;
}

void Client::on_carrier_found(TimePoint now, Actions& actions) {
  if (state_ != State::Down) return;
  withdraw_at_ = kNever;
  if (!lease_) {
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
  refusals_ = 0;  // the next carrier may lead to another network
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
      if (now >= resend_at_) send(now, actions);
      return;
    case State::Requesting:
      if (now < resend_at_) return;
      if (backoff_.count() >= kRequestTries)
        select(Reason::NoAnswer, now, actions);
      else
        send(now, actions);
      return;
    case State::Rebooting:
      if (now < resend_at_) return;
      if (backoff_.count() >= kRebootTries)
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

bool Client::is_for_us(const Reply& reply) const {
  if (reply.transaction != transaction_ || reply.hardware != hardware_) return false;
  if (!reply.client_id) return true;
  // RFC 6842: an echoed client identifier must be ours.
  if (reply.client_id->size() != 7 || (*reply.client_id)[0] != 1) return false;
  return std::equal(hardware_.octets.begin(), hardware_.octets.end(), reply.client_id->begin() + 1);
}

void Client::on_reply(const Reply& reply, TimePoint now, Actions& actions) {
  bool waiting = state_ != State::Down && state_ != State::Init && state_ != State::Bound;
  bool fits = (reply.type == MessageType::Offer) == (state_ == State::Selecting);
  if (!waiting || !fits || !is_for_us(reply)) {
    ++counters_.ignored;
    return;
  }
  switch (reply.type) {
    case MessageType::Offer: on_offer(reply, now, actions); return;
    case MessageType::Ack: on_ack(reply, now, actions); return;
    case MessageType::Nak: on_nak(reply, now, actions); return;
    case MessageType::Discover:
    case MessageType::Request:
    case MessageType::Decline:
    case MessageType::Release:
    case MessageType::Inform: ++counters_.ignored; return;
  }
}

void Client::on_offer(const Reply& reply, TimePoint now, Actions& actions) {
  auto offered = make_lease(reply, std::nullopt, sent_);
  if (!offered) {
    ++counters_.faulty;
    return;
  }
  ++counters_.received;
  offer_ = *offered;
  backoff_ = Backoff(kFirstWait, kCapWithoutLease);
  enter(State::Requesting, Reason::Offered, actions);
  send(now, actions);
}

void Client::on_ack(const Reply& reply, TimePoint now, Actions& actions) {
  // Another server's acknowledgement is not for what we asked (RFC 2131 4.4.1); while renewing, any may answer.
  if (state_ == State::Requesting && reply.server && *reply.server != offer_->server) {
    ++counters_.ignored;
    return;
  }
  std::optional<Ipv4Address> server;
  if (state_ == State::Requesting)
    server = offer_->server;
  else
    server = lease_->server;
  auto lease = make_lease(reply, server, sent_);
  if (!lease || lease->expires_at <= now) {  // a short lease may be over before a late answer is here
    ++counters_.faulty;
    return;
  }
  ++counters_.received;
  lease_ = *lease;
  in_use_ = true;
  offer_.reset();
  refusals_ = 0;
  resend_at_ = kNever;
  enter(State::Bound, Reason::Acknowledged, actions);
  (void)actions.list.push_back(OfferLease{});
}

void Client::on_nak(const Reply& reply, TimePoint now, Actions& actions) {
  // Only the server that we asked may refuse; after a move of the cable (Rebooting) or past T2 any server may.
  std::optional<Ipv4Address> asked;
  if (state_ == State::Requesting) asked = offer_->server;
  if (state_ == State::Renewing) asked = lease_->server;
  if (asked && reply.server && *reply.server != *asked) {
    ++counters_.ignored;
    return;
  }
  ++counters_.received;
  // A NAK while an offer was being accepted leaves an older lease that is still in use alone unless it is the one
  // refused.
  if (state_ != State::Requesting || !lease_ || lease_->address.address == offer_->address.address) {
    withdraw(actions);
    lease_.reset();
  }
  offer_.reset();
  // The first refusal is answered at once; more of them in a row wait, doubling (a server that never agrees).
  Duration pause = kNoPause;
  if (refusals_ > 0) pause = std::min(kFirstRefusalPause * (1 << std::min(refusals_ - 1, 6u)), kLongestRefusalPause);
  ++refusals_;
  resend_at_ = now + pause;
  enter(State::Init, Reason::Refused, actions);
  if (pause == kNoPause) select(Reason::Started, now, actions);
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

void Client::withdraw(Actions& actions) {
  if (!in_use_) return;
  in_use_ = false;
  (void)actions.list.push_back(WithdrawLease{});
}

void Client::enter(State next, Reason reason, Actions& actions) {
  if (!is_legal(state_, next)) __builtin_trap();  // a bug of ours; the simulations take every edge
  (void)actions.list.push_back(Transition{state_, next, reason});
  state_ = next;
}

void Client::begin_exchange(TimePoint now) {
  transaction_ = static_cast<uint32_t>(random_.next());
  began_ = now;
  backoff_ = Backoff(kFirstWait, in_use_ ? kCapWithLease : kCapWithoutLease);
}

void Client::select(Reason reason, TimePoint now, Actions& actions) {
  offer_.reset();
  begin_exchange(now);
  enter(State::Selecting, reason, actions);
  send(now, actions);
}

// Sends what the state calls for and sets when to send again.
void Client::send(TimePoint now, Actions& actions) {
  // RFC 2131 4.4.1: the REQUEST repeats the "secs" of the DISCOVER that it follows.
  if (state_ != State::Requesting) seconds_ = seconds_between(began_, now);
  Query query{.type = state_ == State::Selecting ? MessageType::Discover : MessageType::Request,
              .transaction = transaction_,
              .seconds = seconds_,
              .hardware = hardware_,
              .host_name = host_name_};
  std::optional<Ipv4Address> to;
  // RFC 2131 4.3.6, table 4: which of ciaddr, option 50 and option 54 tells the server what kind of REQUEST it is.
  switch (state_) {
    case State::Selecting:
    case State::Rebooting:
      if (lease_) query.requested = lease_->address.address.v4;
      resend_at_ = now + backoff_.next(random_);
      break;
    case State::Requesting:
      query.requested = offer_->address.address.v4;
      query.server = offer_->server;
      resend_at_ = now + backoff_.next(random_);
      break;
    case State::Renewing:
      query.client = lease_->address.address.v4;
      to = lease_->server;
      resend_at_ = next_renewal(now, lease_->rebind_at);
      break;
    case State::Rebinding:
      query.client = lease_->address.address.v4;
      resend_at_ = next_renewal(now, lease_->expires_at);
      break;
    case State::Down:
    case State::Init:
    case State::Bound: return;
  }
  sent_ = now;
  ++counters_.sent;
  (void)actions.list.push_back(Send{query, to});
}

TimePoint Client::next_time() const {
  TimePoint time = lease_ ? lease_->expires_at : kNever;
  switch (state_) {
    case State::Down: return std::min(time, withdraw_at_);
    case State::Bound: return std::min(time, lease_->renew_at);
    case State::Renewing: return std::min({time, resend_at_, lease_->rebind_at});
    case State::Init:
    case State::Selecting:
    case State::Requesting:
    case State::Rebooting:
    case State::Rebinding: return std::min(time, resend_at_);
  }
  return time;
}

}  // namespace ck::dhcp4
