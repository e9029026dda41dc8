// SPDX-License-Identifier: MIT
#include "app/netd/dhcp6_link.h"

#include <utility>

#include "app/netd/span_text.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace ck::netd {

namespace {

constexpr unsigned kPacketsPerTurn = 16;  // then others get theirs, however many packets wait

}  // namespace

Dhcp6Link::Dhcp6Link(uint32_t index, netlink::LinkName name, const dhcp6::Settings& settings, Owner& owner,
                     RandomSource& random, sys::EventLoop& loop)
    : index_(index), name_(name), owner_(owner), loop_(loop), client_(settings, random) {}

Result<void> Dhcp6Link::start() {
  return timer_.start(loop_, [this] { step(dhcp6::TimeReached{}); });
}

void Dhcp6Link::set_carrier(Carrier carrier) {
  switch (carrier) {
    case Carrier::Up: step(dhcp6::LinkFound{}); return;
    case Carrier::Down: step(dhcp6::LinkLost{}); return;
  }
}

void Dhcp6Link::set_mode(dhcp6::Mode mode) { step(dhcp6::SetMode{mode}); }

void Dhcp6Link::address_refused(const Ipv6Address& address) { step(dhcp6::AddressRefused{address}); }

void Dhcp6Link::stop() { step(dhcp6::Stop{}); }

// In Init an answer that is late is of no use, but the port is not worth closing for a moment.
bool Dhcp6Link::awaits() const {
  switch (client_.state()) {
    case dhcp6::State::Init:
    case dhcp6::State::Soliciting:
    case dhcp6::State::Requesting:
    case dhcp6::State::Confirming:
    case dhcp6::State::Renewing:
    case dhcp6::State::Rebinding:
    case dhcp6::State::Declining:
    case dhcp6::State::Informing: return true;
    case dhcp6::State::Bound:
    case dhcp6::State::Informed: return client_.expects_reconfigure();
    case dhcp6::State::Down:
    case dhcp6::State::Idle:
    case dhcp6::State::Stopped: return false;
  }
  return false;
}

void Dhcp6Link::step(const dhcp6::Event& event) {
  dhcp6::Actions actions = client_.step(event, sys::now());
  timer_.arm(actions.timer);  // before the owner hears of anything: what it then says may set another time
  for (const dhcp6::Action& action : actions.list) std::visit([this](const auto& what) { carry_out(what); }, action);
  if (!awaits()) close_socket();
}

void Dhcp6Link::carry_out(const dhcp6::Send& send) {
  uint8_t buffer[dhcp6::kMaxQuery];
  auto query = dhcp6::write_query(send.query, buffer);
  if (!query) return sys::log_error({name_, ": DHCPv6 message"}, query.error());
  open_socket();
  if (!socket_) return;  // opening it failed, and said so; the client asks again
  auto sent = socket_->send_to_servers(*query);
  // The link-local address is still being checked: the client asks again, and nobody needs to read of it.
  if (!sent && !sys::has_no_address(sent.error())) sys::log_error({name_, ": DHCPv6"}, sent.error());
}

void Dhcp6Link::carry_out(const dhcp6::Transition& transition) {
  sys::log(sys::Severity::Info, {name_, ": DHCPv6 ", dhcp6::name_of(transition.from), " -> ",
                                 dhcp6::name_of(transition.to), " (", dhcp6::name_of(transition.reason), ")"});
  owner_.dhcp6_changed(*this);
}

void Dhcp6Link::carry_out(dhcp6::OfferLease) {
  if (const dhcp6::Lease* lease = client_.lease()) {
    TimePoint now = sys::now();
    for (const dhcp6::LeasedAddress& one : lease->addresses)
      sys::log(sys::Severity::Info,
               {name_, ": DHCPv6 lease ", to_text(one.address), " from ", to_text(lease->server_address),
                ", renews in ", span_text(lease->renew_at, now), ", valid ", span_text(one.valid_until, now)});
  }
  owner_.dhcp6_changed(*this);
}

void Dhcp6Link::carry_out(dhcp6::WithdrawLease) {
  sys::log(sys::Severity::Notice, {name_, ": DHCPv6 lease withdrawn"});
  owner_.dhcp6_changed(*this);
}

void Dhcp6Link::carry_out(dhcp6::OfferInformation) { owner_.dhcp6_changed(*this); }

void Dhcp6Link::receive() {
  for (unsigned count = 0; count < kPacketsPerTurn && socket_; ++count) {
    uint8_t buffer[dhcp6::kMaxReply];
    auto datagram = socket_->receive(buffer);
    if (!datagram) {
      if (datagram.error().code != Code::OutOfRange) return;  // none left
      ++dropped_;
      continue;
    }
    auto reply = dhcp6::parse_reply(datagram->bytes);
    if (!reply) {
      ++dropped_;
      continue;
    }
    for (size_t i = 0; i < dhcp6::kOptionFaults; ++i) faults_.counts[i] += reply->faults.counts[i];
    step(dhcp6::Received{*reply, datagram->from});
  }
}

void Dhcp6Link::open_socket() {
  if (socket_) return;
  auto socket = sys::Udp6Socket::create_for_dhcp(index_, name_);
  if (!socket) return sys::log_error({name_, ": DHCPv6 socket"}, socket.error());
  socket_ = std::move(*socket);
  auto watched = watch_.start(loop_, socket_->fd(), {.readable = true}, [this](sys::Events) { receive(); });
  if (!watched) {
    sys::log_error({name_, ": DHCPv6 socket"}, watched.error());
    socket_.reset();
  }
}

void Dhcp6Link::close_socket() {
  watch_.stop();
  socket_.reset();
}

}  // namespace ck::netd
