// SPDX-License-Identifier: MIT
// What the DHCPv4 client makes of servers' messages (RFC 2131 4.4.1, 4.4.2, 4.4.5).
#include <algorithm>

#include "engine/dhcp4/client.h"

namespace ck::dhcp4 {

namespace {

constexpr Duration kNoPause{0};

}  // namespace

bool Client::is_for_us(const Reply& reply) const {
  if (reply.transaction != transaction_ || reply.hardware != hardware_) return false;
  if (!reply.client_id) return true;
  // RFC 6842: an echoed client identifier must be ours.
  ClientId ours = client_id_or_hardware(settings_.client_id, hardware_);
  return std::equal(ours.begin(), ours.end(), reply.client_id->begin(), reply.client_id->end());
}

// Whether the state waits for such a message.
bool Client::fits(const Reply& reply) const {
  switch (state_) {
    case State::Down:
    case State::Init:
    case State::Bound: return false;
    case State::Selecting:
      if (reply.type == MessageType::Offer) return true;
      // RFC 4039 3.1: an ACK counts here only when both sides say so.
      return reply.type == MessageType::Ack && reply.rapid_commit == RapidCommit::Yes &&
             settings_.rapid_commit == RapidCommit::Yes;
    case State::Requesting:
    case State::Rebooting:
    case State::Renewing:
    case State::Rebinding: return reply.type == MessageType::Ack || reply.type == MessageType::Nak;
  }
  return false;
}

void Client::on_reply(const Reply& reply, TimePoint now, Actions& actions) {
  if (reply.type == MessageType::ForceRenew) {
    ++counters_.forced_renews;
    return;
  }
  bool ours = is_for_us(reply);
  if (ours) counters_.options.add(reply.faults);
  if (!ours || !fits(reply)) {
    ++counters_.ignored;
    return;
  }
  if (reply.type == MessageType::Offer) return on_offer(reply, now, actions);
  if (reply.type == MessageType::Ack) return on_ack(reply, now, actions);
  on_nak(reply, now, actions);
}

void Client::on_offer(const Reply& reply, TimePoint now, Actions& actions) {
  // Before the lease is looked at: an IPv6-only network may offer 0.0.0.0 (RFC 8925 3.3).
  if (settings_.ipv6_only == Ipv6Only::Yes && reply.ipv6_only_seconds)
    return do_without(*reply.ipv6_only_seconds, now, actions);
  auto offered = make_lease(reply, std::nullopt, sent_);
  if (!offered) {
    ++counters_.faulty;
    return;
  }
  ++counters_.received;
  if (!shunned_.contains(offered->server, now)) return take(*offered, now, actions);
  if (!reserve_) reserve_at_ = now + kReserveWait;
  reserve_ = *offered;
}

void Client::take(const Lease& offer, TimePoint now, Actions& actions) {
  offer_ = offer;
  reserve_.reset();
  backoff_ = Backoff(kFirstWait, kCapWithoutLease);
  enter(State::Requesting, Reason::Offered, actions);
  send(now, actions);
}

void Client::shun(TimePoint now) { shunned_.add(offer_->server, now); }

// RFC 8925 3.2: no IPv4 here, and no question about it for a while.
void Client::do_without(uint32_t seconds, TimePoint now, Actions& actions) {
  ++counters_.received;
  withdraw(actions);
  forget();
  pause(std::max<Duration>(std::chrono::seconds(seconds), kLeastIpv6OnlyWait), Reason::Ipv6Only, now, actions);
}

void Client::on_ack(const Reply& reply, TimePoint now, Actions& actions) {
  // Another server's acknowledgement is not for what we asked (RFC 2131 4.4.1); while renewing, any may answer.
  if (state_ == State::Requesting && reply.server && *reply.server != offer_->server) {
    ++counters_.ignored;
    return;
  }
  bool fresh = state_ == State::Selecting || state_ == State::Rebooting;
  if (fresh && settings_.ipv6_only == Ipv6Only::Yes && reply.ipv6_only_seconds)
    return do_without(*reply.ipv6_only_seconds, now, actions);
  std::optional<Ipv4Address> server;
  if (state_ == State::Requesting)
    server = offer_->server;
  else if (state_ != State::Selecting && lease_)
    server = lease_->server;
  auto lease = make_lease(reply, server, sent_);
  if (!lease || lease->expires_at <= now) {  // a short lease may be over before a late answer is here
    ++counters_.faulty;
    return;
  }
  ++counters_.received;
  if (!lease_ || lease_->address != lease->address) used_since_ = now;
  forget();
  lease_ = *lease;
  shunned_.remove(lease_->server);
  refusals_ = 0;
  resend_at_ = kNever;
  enter(State::Bound, Reason::Acknowledged, actions);
  use(now, actions);
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
  ++counters_.refused;
  if (state_ == State::Requesting) shun(now);
  // A NAK while an offer was being accepted leaves an older address that is still in use alone unless it is the one
  // refused.
  if (state_ != State::Requesting || wanted() == offer_->address.address.v4) {
    withdraw(actions);
    forget();
  }
  // The first refusal is answered at once; more of them in a row wait, doubling (a server that never agrees).
  Duration wait = kNoPause;
  if (refusals_ > 0) wait = std::min(kFirstRefusalPause * (1 << std::min(refusals_ - 1, 6u)), kLongestRefusalPause);
  ++refusals_;
  pause(wait, Reason::Refused, now, actions);
  if (wait == kNoPause) select(Reason::Started, now, actions);
}

}  // namespace ck::dhcp4
