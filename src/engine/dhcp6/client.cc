// SPDX-License-Identifier: MIT
#include "engine/dhcp6/client.h"

#include <algorithm>

namespace ck::dhcp6 {

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

uint16_t hundredths_between(TimePoint from, TimePoint to) {
  int64_t hundredths = std::max<int64_t>((to - from).count() / 10, 0);
  return static_cast<uint16_t>(std::min<int64_t>(hundredths, 0xffff));
}

AddressList addresses_of(const Lease& lease) {
  AddressList list;
  for (const LeasedAddress& one : lease.addresses) (void)list.push_back(one.address);
  return list;
}

}  // namespace

Actions Client::step(const Event& event, TimePoint now) {
  Actions actions;
  expire(now, actions);
  std::visit(Overloaded{[&](const LinkFound&) { on_link_found(now, actions); },
                        [&](const LinkLost&) { on_link_lost(now, actions); },
                        [&](const SetMode& set) { on_mode(set.mode, now, actions); },
                        [&](const TimeReached&) { on_time(now, actions); },
                        [&](const Received& received) { on_received(received.reply, received.from, now, actions); },
                        [&](const AddressRefused& refused) { on_address_refused(refused.address, now, actions); },
                        [&](const Stop&) { on_stop(now, actions); }},
             event);
  actions.timer = next_time();
  return actions;
}

const Information* Client::information() const {
  if (in_use_) return &lease_->information;
  return information_ ? &*information_ : nullptr;
}

void Client::on_link_found(TimePoint now, Actions& actions) {
  if (state_ != State::Down) return;
  withdraw_at_ = kNever;
  if (lease_)
    ask(State::Confirming, Reason::LinkFound, kConfirmRule, now, actions);
  else
    start_over(Reason::LinkFound, now, actions);
}

void Client::on_link_lost(TimePoint now, Actions& actions) {
  if (state_ == State::Down || state_ == State::Stopped) return;
  target_.reset();
  asked_.reset();
  declined_.clear();
  refusals_ = 0;  // the next link may lead to another network
  resend_at_ = kNever;
  withdraw_at_ = now + kLinkGrace;
  enter(State::Down, Reason::LinkLost, actions);
}

void Client::on_mode(Mode mode, TimePoint now, Actions& actions) {
  if (mode == mode_) return;
  mode_ = mode;
  switch (state_) {
    case State::Idle:
    case State::Init:
    case State::Soliciting: break;
    case State::Requesting:
      if (lease_) return;
      break;
    case State::Informing:  // also without the mode, after a Reconfigure
      if (lease_ || mode == Mode::Information) return;
      break;
    case State::Informed:
      if (mode != Mode::Stateful) return;
      break;
    case State::Confirming:
    case State::Bound:
    case State::Renewing:
    case State::Rebinding:
    case State::Declining:
    case State::Down:
    case State::Stopped: return;
  }
  start_over(Reason::ModeChanged, now, actions);
}

void Client::on_time(TimePoint now, Actions& actions) {
  switch (state_) {
    case State::Stopped:
    case State::Idle: return;
    case State::Down:
      if (now < withdraw_at_) return;
      withdraw_at_ = kNever;
      withdraw(actions);
      drop_information(actions);
      solicit_max_rt_ = kSolicitRule.longest;
      information_max_rt_ = kInformationRule.longest;
      return;
    case State::Init:
      if (now >= resend_at_) start_over(Reason::PauseOver, now, actions);
      return;
    case State::Soliciting:
      if (now < resend_at_) return;
      if (target_)
        request(now, actions);
      else
        send(now, actions);
      return;
    case State::Requesting:
      if (now < resend_at_) return;
      if (!retransmission_.is_exhausted(now)) return send(now, actions);
      drop_lease(actions);  // after NoBinding: 18.2.10.1, it is not to be used while another is looked for
      set_back(Reason::NoAnswer, now, actions);
      return;
    case State::Confirming:
      if (now < resend_at_) return;
      if (!retransmission_.is_exhausted(now)) return send(now, actions);
      keep_using(Reason::NoAnswer, actions);
      return;
    case State::Declining:
      if (now < resend_at_) return;
      if (!retransmission_.is_exhausted(now)) return send(now, actions);
      end_declining(Reason::NoAnswer, now, actions);
      return;
    case State::Informed:
      if (now < refresh_at_) return;
      if (mode_ == Mode::Off)
        start_over(Reason::RefreshDue, now, actions);
      else
        ask(State::Informing, Reason::RefreshDue, information_rule(), now, actions);
      return;
    case State::Bound:
    case State::Renewing:
    case State::Rebinding:
    case State::Informing: on_time_with_lease(now, actions); return;
  }
}

void Client::on_time_with_lease(TimePoint now, Actions& actions) {
  bool renews = state_ == State::Renewing || state_ == State::Rebinding;
  if (lease_ && now >= lease_->rebind_at && state_ != State::Rebinding)
    ask(State::Rebinding, Reason::RebindingDue, kRebindRule, now, actions);
  else if (lease_ && now >= lease_->renew_at && !renews)
    ask(State::Renewing, Reason::RenewalDue, kRenewRule, now, actions);
  else if (state_ != State::Bound && now >= resend_at_)
    send(now, actions);
}

// RFC 9915 18.2.8: the server is told, so that it gives the address to nobody else.
void Client::on_address_refused(const Ipv6Address& address, TimePoint now, Actions& actions) {
  if (!lease_ || !lease_->has(address)) return;
  Duid server = lease_->server;
  remove_address(*lease_, address);
  if (lease_->addresses.empty())
    drop_lease(actions);
  else if (in_use_)
    (void)actions.list.push_back(OfferLease{});
  if (state_ == State::Down) return;
  target_.reset();
  asked_ = server;
  (void)declined_.push_back(address);  // a lease has no more of them than there is room for
  if (state_ != State::Declining) return ask(State::Declining, Reason::AddressRefused, kDeclineRule, now, actions);
  begin(kDeclineRule);
  send(now, actions);
}

void Client::end_declining(Reason reason, TimePoint now, Actions& actions) {
  declined_.clear();
  asked_.reset();
  resend_at_ = kNever;
  if (lease_)
    keep_using(reason, actions);
  else
    set_back(reason, now, actions);
}

void Client::on_stop(TimePoint now, Actions& actions) {
  if (state_ == State::Stopped) return;
  bool reachable = state_ != State::Down;
  enter(State::Stopped, Reason::Stopped, actions);
  if (lease_ && reachable) {
    begin({});
    send(now, actions);
  }
  // No WithdrawLease: whoever stops the client decides what becomes of the addresses.
  lease_.reset();
  in_use_ = false;
  information_.reset();
  target_.reset();
  key_.forget();
  resend_at_ = refresh_at_ = withdraw_at_ = kNever;
}

// Addresses that are over, in whatever state.
void Client::expire(TimePoint now, Actions& actions) {
  if (!lease_ || !remove_expired(*lease_, now)) return;
  if (!lease_->addresses.empty()) {
    if (in_use_) (void)actions.list.push_back(OfferLease{});
    return;
  }
  drop_lease(actions);
  switch (state_) {
    case State::Confirming:
    case State::Bound:
    case State::Renewing:
    case State::Rebinding: start_over(Reason::Expired, now, actions); return;
    case State::Informing:
      asked_.reset();
      if (mode_ != Mode::Information) start_over(Reason::Expired, now, actions);
      return;
    case State::Requesting:  // another one is on its way
    case State::Declining:   // that is brought to its end first
    case State::Down:
    case State::Idle:
    case State::Init:
    case State::Soliciting:
    case State::Informed:
    case State::Stopped: return;
  }
}

void Client::withdraw(Actions& actions) {
  if (!in_use_) return;
  in_use_ = false;
  (void)actions.list.push_back(WithdrawLease{});
}

void Client::drop_lease(Actions& actions) {
  withdraw(actions);
  lease_.reset();
  key_.forget();
}

void Client::drop_information(Actions& actions) {
  refresh_at_ = kNever;
  if (!information_) return;
  information_.reset();
  (void)actions.list.push_back(OfferInformation{});
}

// The lease as it stands, after a Confirm or a Decline.
void Client::keep_using(Reason reason, Actions& actions) {
  in_use_ = true;
  information_.reset();
  resend_at_ = kNever;
  enter(State::Bound, reason, actions);
  (void)actions.list.push_back(OfferLease{});
}

void Client::start_over(Reason reason, TimePoint now, Actions& actions) {
  target_.reset();
  asked_.reset();
  resend_at_ = kNever;
  switch (mode_) {
    case Mode::Off:
      drop_information(actions);
      enter(State::Idle, reason, actions);
      return;
    case Mode::Information: ask(State::Informing, reason, information_rule(), now, actions); return;
    case Mode::Stateful: {
      RetransmissionRule rule = kSolicitRule;
      rule.longest = solicit_max_rt_;
      ask(State::Soliciting, reason, rule, now, actions);
      return;
    }
  }
}

void Client::set_back(Reason reason, TimePoint now, Actions& actions) {
  unsigned before = refusals_++;
  if (before == 0 || mode_ != Mode::Stateful) return start_over(reason, now, actions);
  target_.reset();
  resend_at_ = now + std::min(kFirstRefusalPause * (1 << std::min(before - 1, 7u)), kLongestRefusalPause);
  enter(State::Init, reason, actions);
}

void Client::request(TimePoint now, Actions& actions) {
  ask(State::Requesting, Reason::Advertised, kRequestRule, now, actions);
}

RetransmissionRule Client::information_rule() const {
  RetransmissionRule rule = kInformationRule;
  rule.longest = information_max_rt_;
  return rule;
}

void Client::enter(State next, Reason reason, Actions& actions) {
  if (!is_legal(state_, next)) __builtin_trap();  // a bug of ours; the simulations take every edge
  (void)actions.list.push_back(Transition{state_, next, reason});
  state_ = next;
}

void Client::ask(State next, Reason reason, const RetransmissionRule& rule, TimePoint now, Actions& actions) {
  enter(next, reason, actions);
  begin(rule);
  send(now, actions);
}

// RFC 9915 16.1: a new transaction for each exchange, the same one for its retransmissions.
void Client::begin(const RetransmissionRule& rule) {
  transaction_ = static_cast<uint32_t>(random_.next()) & 0xffffff;
  retransmission_ = Retransmission(rule);
}

// Sends what the state calls for and sets when to send again.
void Client::send(TimePoint now, Actions& actions) {
  auto first = state_ == State::Soliciting ? FirstTime::Longer : FirstTime::Either;
  // A server that called for an Information-request and then fell silent is waited for until any other will do.
  if (state_ == State::Informing && now >= refresh_at_) asked_.reset();
  if (!allowance_.take(now)) {
    resend_at_ = allowance_.next();
    return;
  }
  Query message = query();
  if (retransmission_.count() > 0) message.elapsed = hundredths_between(retransmission_.began(), now);
  resend_at_ = retransmission_.next(now, random_, first);
  sent_ = now;
  ++counters_.sent;
  (void)actions.list.push_back(Send{message});
}

Query Client::query() const {
  Query query{.transaction = transaction_, .client = settings_.duid, .iaid = settings_.iaid};
  query.reconfigure = settings_.reconfigure;
  switch (state_) {
    case State::Soliciting:
      query.type = MessageType::Solicit;
      query.rapid_commit = settings_.rapid_commit;
      return query;
    case State::Requesting:
      query.type = MessageType::Request;
      query.server = target_->server;
      query.addresses = target_->addresses;
      return query;
    case State::Confirming:
      query.type = MessageType::Confirm;
      query.addresses = addresses_of(*lease_);
      return query;
    case State::Renewing:
      query.type = MessageType::Renew;
      query.server = lease_->server;
      query.addresses = addresses_of(*lease_);
      return query;
    case State::Rebinding:
      query.type = MessageType::Rebind;
      query.addresses = addresses_of(*lease_);
      return query;
    case State::Declining:
      query.type = MessageType::Decline;
      query.server = asked_;
      query.addresses = declined_;
      return query;
    case State::Informing:
      query.type = MessageType::InformationRequest;
      query.server = asked_;
      query.iaid.reset();
      return query;
    case State::Stopped:
      query.type = MessageType::Release;
      query.server = lease_->server;
      query.addresses = addresses_of(*lease_);
      return query;
    case State::Down:
    case State::Idle:
    case State::Init:
    case State::Bound:
    case State::Informed: break;
  }
  __builtin_trap();  // a bug of ours: nothing is sent in these
}

TimePoint Client::next_time() const {
  TimePoint time = kNever;
  if (lease_)
    for (const LeasedAddress& one : lease_->addresses) time = std::min(time, one.valid_until);
  switch (state_) {
    case State::Stopped:
    case State::Idle: return time;
    case State::Down: return std::min(time, withdraw_at_);
    case State::Informed: return std::min(time, refresh_at_);
    case State::Bound: return std::min({time, lease_->renew_at, lease_->rebind_at});
    case State::Renewing: return std::min({time, resend_at_, lease_->rebind_at});
    case State::Informing:
      if (lease_) time = std::min({time, lease_->renew_at, lease_->rebind_at});
      return std::min(time, resend_at_);
    case State::Init:
    case State::Soliciting:
    case State::Requesting:
    case State::Confirming:
    case State::Rebinding:
    case State::Declining: return std::min(time, resend_at_);
  }
  return time;
}

}  // namespace ck::dhcp6
