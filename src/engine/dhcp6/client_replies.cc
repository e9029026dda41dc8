// SPDX-License-Identifier: MIT
#include "engine/dhcp6/client.h"

namespace ck::dhcp6 {

namespace {

// What the server says of our addresses: the whole message's status counts before that of their association.
StatusCode status_of(const Reply& reply, const Association* association) {
  if (reply.status && reply.status->code != StatusCode::Success) return reply.status->code;
  if (association != nullptr && association->status) return association->status->code;
  return StatusCode::Success;
}

}  // namespace

// RFC 9915 16: both identifiers must be there, and the client's be ours, since it stands in all that we send.
void Client::on_received(const Reply& reply, const Ipv6Address& from, TimePoint now, Actions& actions) {
  if (reply.type == MessageType::Reconfigure) return on_reconfigure(reply, now, actions);
  if (!reply.server || reply.client != settings_.duid || !is_awaited(reply)) {
    ++counters_.ignored;
    return;
  }
  // 18.2.9, 18.2.10: these count even when the rest of the message does not.
  if (reply.solicit_max_rt) solicit_max_rt_ = std::chrono::seconds(*reply.solicit_max_rt);
  if (reply.information_max_rt) information_max_rt_ = std::chrono::seconds(*reply.information_max_rt);
  if (state_ == State::Soliciting) retransmission_.set_longest(solicit_max_rt_);
  if (state_ == State::Informing) retransmission_.set_longest(information_max_rt_);
  if (reply.type == MessageType::Advertise)
    on_advertise(reply, now, actions);
  else
    on_reply(reply, from, now, actions);
}

// Whether the message answers what was sent last, and comes from whom that was meant for.
bool Client::is_awaited(const Reply& reply) const {
  if (reply.transaction != transaction_) return false;
  bool is_reply = reply.type == MessageType::Reply;
  switch (state_) {
    case State::Soliciting:
      // 18.2.1: a Reply only when both sides want to save the Request.
      return !is_reply || (settings_.rapid_commit == RapidCommit::Yes && reply.rapid_commit);
    case State::Requesting: return is_reply && reply.server == target_->server;
    case State::Renewing: return is_reply && reply.server == lease_->server;
    case State::Declining: return is_reply && reply.server == asked_;
    case State::Informing: return is_reply && (!asked_ || reply.server == asked_);
    case State::Confirming:
    case State::Rebinding: return is_reply;
    case State::Down:
    case State::Idle:
    case State::Init:
    case State::Bound:
    case State::Informed:
    case State::Stopped: return false;
  }
  return false;
}

// RFC 9915 18.2.9: one without addresses is ignored; of the others the highest preference counts, then the first.
void Client::on_advertise(const Reply& reply, TimePoint now, Actions& actions) {
  const Association* association = reply.association(settings_.iaid);
  Target target{.server = *reply.server, .preference = reply.preference.value_or(0)};
  if (association != nullptr && status_of(reply, association) == StatusCode::Success)
    for (const GivenAddress& given : association->addresses)
      if (given.valid_seconds > 0) (void)target.addresses.push_back(given.address);
  if (target.addresses.empty()) {
    ++counters_.faulty;
    return;
  }
  ++counters_.received;
  if (!target_ || target.preference > target_->preference) target_ = target;
  // 18.2.1: they are collected for the first time-out, unless one is as good as can be.
  if (retransmission_.count() > 1 || target_->preference == kHighestPreference) request(now, actions);
}

void Client::on_reply(const Reply& reply, const Ipv6Address& from, TimePoint now, Actions& actions) {
  switch (state_) {
    case State::Soliciting:
    case State::Requesting:
    case State::Renewing:
    case State::Rebinding: on_lease_reply(reply, from, now, actions); return;
    case State::Confirming: on_confirm_reply(reply, now, actions); return;
    case State::Informing: on_information(reply, from, actions); return;
    case State::Declining:  // 18.2.10.3: whatever it says
      ++counters_.received;
      end_declining(Reason::Answered, now, actions);
      return;
    case State::Down:
    case State::Idle:
    case State::Init:
    case State::Bound:
    case State::Informed:
    case State::Stopped: return;  // not awaited
  }
}

// RFC 9915 18.2.10.1.
void Client::on_lease_reply(const Reply& reply, const Ipv6Address& from, TimePoint now, Actions& actions) {
  const Association* association = reply.association(settings_.iaid);
  bool extends = state_ == State::Renewing || state_ == State::Rebinding;
  switch (status_of(reply, association)) {
    case StatusCode::Success: break;
    case StatusCode::NoBinding:
      if (extends) {
        ++counters_.received;
        target_ = Target{.server = *reply.server};
        for (const LeasedAddress& one : lease_->addresses) (void)target_->addresses.push_back(one.address);
        ask(State::Requesting, Reason::NoBinding, kRequestRule, now, actions);
        return;
      }
      [[fallthrough]];
    case StatusCode::NotOnLink:
    case StatusCode::NoAddrsAvail:
      // In answer to a Solicit it is one server's word only; while a lease is extended, "no more addresses" is not
      // "no".
      if (state_ == State::Soliciting || (extends && status_of(reply, association) == StatusCode::NoAddrsAvail)) break;
      ++counters_.received;
      drop_lease(actions);
      set_back(Reason::Refused, now, actions);
      return;
    case StatusCode::UnspecFail:
    case StatusCode::UseMulticast: break;  // asked again, at the pace and for as long as the retransmission has it
  }
  if (association == nullptr || status_of(reply, association) != StatusCode::Success) {
    ++counters_.faulty;
    return;
  }
  // What a server has no binding for (Requesting) does not live on beside what it gives anew.
  auto lease = make_lease(extends ? &*lease_ : nullptr, reply, *association, from, sent_, now);
  if (!lease) return take_back(*association, now, actions);
  ++counters_.received;
  if (extends) refusals_ = 0;
  lease_ = *lease;
  in_use_ = true;
  target_.reset();
  information_.reset();
  refresh_at_ = resend_at_ = kNever;
  key_.learn(reply);
  enter(State::Bound, Reason::Answered, actions);
  (void)actions.list.push_back(OfferLease{});
}

// No address lives by that reply: those that it names have been taken back, if they were ours.
void Client::take_back(const Association& association, TimePoint now, Actions& actions) {
  bool ours = false;
  if (lease_ && state_ != State::Requesting)
    for (const GivenAddress& given : association.addresses)
      ours = (given.valid_seconds == 0 && remove_address(*lease_, given.address)) || ours;
  if (!ours) {
    ++counters_.faulty;
    return;
  }
  ++counters_.received;
  if (!lease_->addresses.empty()) {
    (void)actions.list.push_back(OfferLease{});
    return;
  }
  drop_lease(actions);
  set_back(Reason::Refused, now, actions);
}

// RFC 9915 18.2.10.4: any answer but NotOnLink lets the addresses be used.
void Client::on_confirm_reply(const Reply& reply, TimePoint now, Actions& actions) {
  ++counters_.received;
  if (status_of(reply, reply.association(settings_.iaid)) != StatusCode::NotOnLink)
    return keep_using(Reason::Answered, actions);
  drop_lease(actions);
  start_over(Reason::Refused, now, actions);
}

void Client::on_information(const Reply& reply, const Ipv6Address& from, Actions& actions) {
  if (status_of(reply, nullptr) != StatusCode::Success) {
    ++counters_.faulty;
    return;
  }
  ++counters_.received;
  asked_.reset();
  resend_at_ = kNever;
  key_.learn(reply);
  if (lease_) {  // then its server was asked
    lease_->information = make_information(reply, from, sent_, Refresh::No);
    enter(State::Bound, Reason::Answered, actions);
  } else {
    information_ = make_information(reply, from, sent_, Refresh::Yes);
    refresh_at_ = information_->refresh_at;
    // 21.23: not all that were told the same time at once.
    if (refresh_at_ != kNever) refresh_at_ += Duration(random_.between(0, kRefreshDelay.count()));
    enter(State::Informed, Reason::Answered, actions);
  }
  (void)actions.list.push_back(OfferInformation{});
}

// RFC 9915 16.11, 18.2.11: from the server that gave us something, if we said that we accept it, while nothing else is
// under way, and only with its key.
void Client::on_reconfigure(const Reply& reply, TimePoint now, Actions& actions) {
  bool waits = state_ == State::Bound || state_ == State::Informed;
  bool fits = reply.reconfigure && (state_ == State::Bound || reply.reconfigure == MessageType::InformationRequest);
  if (settings_.reconfigure != Reconfigure::Accept || !waits || !fits || reply.client != settings_.duid ||
      !key_.believes(reply)) {
    ++counters_.reconfigures_ignored;
    return;
  }
  ++counters_.received;
  if (reply.reconfigure == MessageType::Renew)
    return ask(State::Renewing, Reason::Reconfigured, kRenewRule, now, actions);
  if (reply.reconfigure == MessageType::Rebind)
    return ask(State::Rebinding, Reason::Reconfigured, kRebindRule, now, actions);
  asked_ = reply.server;  // 18.2.6: the Information-request names it
  ask(State::Informing, Reason::Reconfigured, information_rule(), now, actions);
}

}  // namespace ck::dhcp6
