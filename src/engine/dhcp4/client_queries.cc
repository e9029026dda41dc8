// SPDX-License-Identifier: MIT
// What the DHCPv4 client sends in each state (RFC 2131 tables 4 and 5), and when it sends again.
#include <algorithm>

#include "engine/dhcp4/client.h"

namespace ck::dhcp4 {

namespace {

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

Query Client::query(MessageType type) const {
  return {.type = type,
          .transaction = transaction_,
          .seconds = seconds_,
          .hardware = hardware_,
          .client_id = settings_.client_id,
          .host_name = settings_.host_name,
          .vendor_class = settings_.vendor_class,
          .ask_mtu = ask_mtu_,
          .ipv6_only = settings_.ipv6_only,
          .rapid_commit = settings_.rapid_commit};
}

// Sends what the state calls for and sets when to send again.
void Client::send(TimePoint now, Actions& actions) {
  // RFC 2131 4.4.1: the REQUEST repeats the "secs" of the DISCOVER that it follows.
  if (state_ != State::Requesting) seconds_ = seconds_between(began_, now);
  if (state_ == State::Selecting) ask_mtu_ = discovers_++ % 2 == 0 ? AskMtu::Yes : AskMtu::No;
  Query query = this->query(state_ == State::Selecting ? MessageType::Discover : MessageType::Request);
  std::optional<Ipv4Address> to;
  // RFC 2131 4.3.6, table 4: which of ciaddr, option 50 and option 54 tells the server what kind of REQUEST it is.
  switch (state_) {
    case State::Selecting:
    case State::Rebooting:
      query.requested = wanted();
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

// RFC 2131 4.4.4: by broadcast, the address in option 50, since it is not ours to put in ciaddr.
void Client::send_decline(Actions& actions) {
  transaction_ = static_cast<uint32_t>(random_.next());
  seconds_ = 0;
  Query decline = query(MessageType::Decline);
  decline.requested = lease_->address.address.v4;
  decline.server = lease_->server;
  ++counters_.sent;
  (void)actions.list.push_back(Send{decline, std::nullopt});
}

// RFC 2131 4.4.6: to the server that gave the lease.
void Client::send_release(Actions& actions) {
  transaction_ = static_cast<uint32_t>(random_.next());
  seconds_ = 0;
  Query release = query(MessageType::Release);
  release.client = lease_->address.address.v4;
  release.server = lease_->server;
  ++counters_.sent;
  (void)actions.list.push_back(Send{release, lease_->server});
}

}  // namespace ck::dhcp4
