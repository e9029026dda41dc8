// SPDX-License-Identifier: MIT
#include "app/netd/interface.h"

#include <utility>

#include "app/netd/link_settings.h"
#include "app/netd/span_text.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/link_driver.h"
#include "sys/log.h"
#include "wire/dhcp6/duid.h"
#include "wire/ethernet/router_solicitation.h"
#include "wire/ethernet/udp4.h"
#include "wire/netlink/constants.h"

namespace ck::netd {

namespace {

constexpr uint16_t kServerPort = 67;
constexpr uint16_t kClientPort = 68;
constexpr size_t kPacketBuffer = 2048;
constexpr Duration kSilence = 6s;         // so long nobody answered: a link-local address is taken meanwhile
constexpr unsigned kPacketsPerTurn = 16;  // then others get theirs, however many packets wait

// RFC 4361: the DUID, with the number of the interface before it.
dhcp4::ClientId client_id_of(const dhcp6::Duid& duid, uint32_t iaid) {
  constexpr uint8_t kNodeSpecific = 255;
  dhcp4::ClientId id;
  (void)id.push_back(kNodeSpecific);
  for (int shift = 24; shift >= 0; shift -= 8) (void)id.push_back(static_cast<uint8_t>(iaid >> shift));
  for (uint8_t byte : duid) (void)id.push_back(byte);
  return id;
}

dhcp4::Settings dhcp4_settings(const netlink::Link& link, const Machine& machine, const netconf::LinkSpec* spec) {
  dhcp4::Settings settings{.host_name = machine.host_name};
  if (spec == nullptr) return settings;
  if (spec->client_id == netconf::ClientIdKind::Duid)
    settings.client_id = client_id_of(machine.duid, dhcp6::iaid_of(link.mac));
  if (spec->rapid_commit == netconf::Switch::On) settings.rapid_commit = dhcp4::RapidCommit::Yes;
  if (spec->ipv6_only == netconf::Switch::On) settings.ipv6_only = dhcp4::Ipv6Only::Yes;
  return settings;
}

}  // namespace

Interface::Interface(const netlink::Link& link, size_t place, const Machine& machine, const netconf::LinkSpec* spec,
                     Owner& owner, RandomSource& random, sys::EventLoop& loop)
    : index_(link.index),
      place_(place),
      name_(link.name),
      mac_(link.mac),
      driver_(sys::link_driver(link.name)),
      owner_(owner),
      loop_(loop),
      client_(link.mac, dhcp4_settings(link, machine, spec), random),
      spec_(spec),
      random_(random),
      since_(sys::now()),
      mtu_(link.mtu),
      router_search_(random),
      guard_(link.mac, random),
      link_local_(link.mac, random) {
  choose_metric();
  if (spec_ != nullptr)
    for (const IpPrefix& prefix : spec_->addresses)
      if (prefix.address.family == Family::V4)
        (void)static_guards_.push_back(std::make_unique<StaticGuard>(prefix.address.v4, mac_, name_, random));
  if (spec_ == nullptr || spec_->dhcp6 == netconf::Switch::On)
    start_dhcp6(machine);
  else
    settled6_ = true;
}

Result<void> Interface::start() {
  if (dhcp6_) CK_TRY(dhcp6_->start());
  CK_TRY(guard_port_.start(
      loop_, index_, [this](const arp::Packet& packet) { step_guard(acd::Received{packet}); },
      [this] { step_guard(acd::TimeReached{}); }));
  CK_TRY(link_local_port_.start(
      loop_, index_, [this](const arp::Packet& packet) { step_link_local(linklocal::Received{packet}); },
      [this] { step_link_local(linklocal::TimeReached{}); }));
  for (auto& guard : static_guards_) CK_TRY(guard->start(loop_, index_, [this] { owner_.state_changed(*this); }));
  CK_TRY(router_timer_.start(loop_, [this] { solicit_routers(); }));
  CK_TRY(silence_.start(loop_, [this] { step_link_local(linklocal::Start{}); }));
  return timer_.start(loop_, [this] { step(dhcp4::TimeReached{}); });
}

void Interface::start_dhcp6(const Machine& machine) {
  dhcp6::Settings settings;
  settings.duid = machine.duid;
  settings.iaid = dhcp6::iaid_of(mac_);
  settings.reconfigure = dhcp6::Reconfigure::Accept;
  dhcp6_.emplace(index_, name_, settings, *this, random_, loop_);
}

void Interface::choose_metric() {
  metric_ = owner_.free_metric(*this, spec_ != nullptr && spec_->metric != 0
                                          ? spec_->metric
                                          : netconf::metric_of(place_, sys::link_speed(name_)));
}

void Interface::set_link(const netlink::Link& link) {
  name_ = link.name;
  if (dhcp6_) dhcp6_->set_link_name(link.name);
  for (auto& guard : static_guards_) guard->set_link_name(link.name);
  if (std::exchange(mtu_, link.mtu) != link.mtu) owner_.offers_changed(*this);
  constexpr uint32_t kWorking = netlink::kLinkUp | netlink::kLinkLowerUp;
  bool carrier = (link.flags & kWorking) == kWorking;
  bool running = carrier && (link.flags & netlink::kLinkRunning) != 0;
  if (std::exchange(running_, running) != running) {
    TimePoint now = sys::now();
    if (!running) {
      stopped_at_ = now;
      end_router_search();
    } else {
      if (stopped_at_ != kNever && now - stopped_at_ > dhcp4::kCarrierGrace) owner_.network_left(*this);
      choose_metric();  // the speed is known only now
      set_router_metric(link, metric_);
      if (spec_ == nullptr || spec_->router_advertisements == netconf::Switch::On) search_routers();
      owner_.offers_changed(*this);
    }
    if (dhcp6_) dhcp6_->set_carrier(running ? Carrier::Up : Carrier::Down);
    for (auto& guard : static_guards_) guard->set_carrier(running ? Carrier::Up : Carrier::Down);
    if (running) {
      step_guard(acd::LinkFound{});
      step_link_local(linklocal::LinkFound{});
    } else {
      step_guard(acd::LinkLost{});
      step_link_local(linklocal::LinkLost{});
    }
  }
  if (carrier == carrier_) return;
  carrier_ = carrier;
  if (spec_ != nullptr && spec_->dhcp4 == netconf::Switch::Off) {
    settled_ = true;
    return;
  }
  if (carrier)
    step(dhcp4::CarrierFound{});
  else
    step(dhcp4::CarrierLost{});
}

void Interface::search_routers() {
  router_search_.begin(sys::now());
  solicit_routers();
}

void Interface::end_router_search() {
  router_search_.end();
  router_timer_.arm(kNever);
}

void Interface::solicit_routers() {
  bool due = router_search_.take(sys::now());
  router_timer_.arm(router_search_.next());
  if (!due) return;
  uint8_t buffer[ethernet::kRouterSolicitationSize];
  auto packet = ethernet::write_router_solicitation(buffer);
  if (!packet) return;
  auto sent = sys::send_to_routers(solicitor_, index_, *packet);
  if (!sent) sys::log_error({name_, ": router solicitation"}, sent.error());
}

void Interface::step(const dhcp4::Event& event) {
  dhcp4::Actions actions = client_.step(event, sys::now());
  for (const dhcp4::Action& action : actions.list) std::visit([this](const auto& what) { carry_out(what); }, action);
  timer_.arm(actions.timer);
  watch_for_silence();
}

// Nobody answers, and no address was given by hand either: RFC 3927. DHCP asks on, and its lease ends this.
void Interface::watch_for_silence() {
  bool has_static = spec_ != nullptr && !spec_->addresses.empty();
  bool wanted = carrier_ && client_.lease() == nullptr && !has_static &&
                (spec_ == nullptr || spec_->link_local4 == netconf::Switch::On);
  if (!wanted) {
    silence_.arm(kNever);
    if (link_local_.is_started()) step_link_local(linklocal::Stop{});
  } else if (!link_local_.is_started() && silence_.deadline() == kNever) {
    silence_.arm(sys::now() + kSilence);
  }
}

void Interface::step_guard(const acd::Event& event) {
  acd::Actions actions = guard_.step(event, sys::now());
  bool lost = false;
  for (const acd::Action& action : actions.list) {
    if (const auto* send = std::get_if<acd::Send>(&action)) guard_port_.send(send->packet, name_);
    if (const auto* conflict = std::get_if<acd::Conflict>(&action)) {
      lost = true;
      sys::log(sys::Severity::Warning, {name_, ": ", to_text(conflict->address), " is in use by ",
                                        to_text(conflict->by), " as well: declined"});
    }
  }
  guard_port_.arm(actions.timer);
  if (lost) step(dhcp4::Conflict{});
}

void Interface::step_link_local(const linklocal::Event& event) {
  linklocal::Actions actions = link_local_.step(event, sys::now());
  // Before the first probe goes out: its answer must be heard.
  if (auto candidate = link_local_.candidate(); candidate && candidate != link_local_heard_)
    link_local_port_.guard(*candidate, mac_, name_);
  link_local_heard_ = link_local_.candidate();
  for (const linklocal::Action& action : actions.list) {
    if (const auto* send = std::get_if<linklocal::Send>(&action)) {
      link_local_port_.send(send->packet, name_);
      continue;
    }
    if (std::holds_alternative<linklocal::OfferAddress>(action)) {
      link_local_since_ = sys::now();
      sys::log(sys::Severity::Notice,
               {name_, ": no DHCP server answers; link-local address ", to_text(*link_local_.address()), " meanwhile"});
    }
    owner_.offers_changed(*this);
  }
  link_local_port_.arm(actions.timer);
}

void Interface::remember(const IpPrefix& address, TimePoint expires_at) { step(dhcp4::Remember{address, expires_at}); }

void Interface::carry_out(const dhcp4::Send& send) {
  uint8_t message[dhcp4::kMaxMessage];
  auto query = dhcp4::write_query(send.query, message);
  if (!query) return sys::log_error({name_, ": DHCP message"}, query.error());
  open_socket();
  if (send.to) {
    if (!sender_) {
      auto sender = sys::UdpSender::create(name_, {.address = send.query.client, .port = kClientPort});
      if (!sender) return sys::log_error({name_, ": DHCP renewal"}, sender.error());
      sender_ = std::move(*sender);
    }
    auto sent = sender_->send(*query, {.address = *send.to, .port = kServerPort});
    if (!sent) sys::log_error({name_, ": DHCP renewal"}, sent.error());
    return;
  }
  uint8_t buffer[dhcp4::kMaxMessage + ethernet::kUdp4Headers];
  ethernet::UdpDatagram datagram{.source = send.query.client,
                                 .destination = Ipv4Address{0xffffffff},
                                 .source_port = kClientPort,
                                 .destination_port = kServerPort,
                                 .payload = *query};
  auto packet = ethernet::write_udp4(datagram, buffer);
  if (!packet) return sys::log_error({name_, ": DHCP packet"}, packet.error());
  if (!socket_) return;  // opening it failed, and said so; the client asks again
  auto sent = socket_->broadcast(*packet);
  if (!sent) sys::log_error({name_, ": DHCP broadcast"}, sent.error());
}

void Interface::carry_out(const dhcp4::Transition& transition) {
  sys::log(sys::Severity::Info, {name_, ": DHCP ", dhcp4::name_of(transition.from), " -> ",
                                 dhcp4::name_of(transition.to), " (", dhcp4::name_of(transition.reason), ")"});
  owner_.state_changed(*this);
}

void Interface::set_router_flags(const netlink::RouterFlags& flags) {
  if (!dhcp6_) return;
  if (flags.managed)
    dhcp6_->set_mode(dhcp6::Mode::Stateful);
  else if (flags.other && dhcp6_->mode() == dhcp6::Mode::Off)
    dhcp6_->set_mode(dhcp6::Mode::Information);
}

void Interface::address_refused(const Ipv6Address& address) {
  if (!dhcp6_ || dhcp6_->lease() == nullptr || !dhcp6_->lease()->has(address)) return;
  sys::log(sys::Severity::Warning, {name_, ": ", to_text(address), " is in use by another host"});
  dhcp6_->address_refused(address);
}

void Interface::stop() {
  if (dhcp6_) dhcp6_->stop();
  step(dhcp4::Stop{});
}

void Interface::dhcp6_changed(Dhcp6Link& link) {
  bool leased = link.lease() != nullptr;
  if (leased) settled6_ = true;
  if (std::exchange(leased6_, leased) != leased) lease6_since_ = sys::now();
  owner_.offers_changed(*this);
}

void Interface::make_plan(const netconf::Present& present, netconf::SourceRouting routing, TimePoint now,
                          netconf::Plan& plan) const {
  netconf::Offers offers{.link = index_,
                         .mtu = mtu_,
                         .metric = metric_,
                         .since = since_,
                         .spec = spec_,
                         .lease = client_.lease(),
                         .lease_since = lease_since_,
                         .lease6 = dhcp6_ ? dhcp6_->lease() : nullptr,
                         .information6 = dhcp6_ ? dhcp6_->information() : nullptr,
                         .lease6_since = lease6_since_,
                         .link_local = link_local_.address(),
                         .link_local_since = link_local_since_,
                         .source_routing = routing};
  netconf::make_plan(offers, present, now, plan);
}

void Interface::carry_out(dhcp4::OfferLease) {
  settled_ = true;
  guard_due_ = true;
  if (const dhcp4::Lease* lease = client_.lease()) {
    TimePoint now = sys::now();
    if (std::exchange(leased_, lease->address.address.v4) != lease->address.address.v4) lease_since_ = now;
    sys::log(sys::Severity::Info,
             {name_, ": lease ", to_text(lease->address), " from ", to_text(lease->server), ", renews in ",
              span_text(lease->renew_at, now), ", valid ", span_text(lease->expires_at, now)});
  }
  owner_.offers_changed(*this);
}

void Interface::carry_out(dhcp4::WithdrawLease) {
  sys::log(sys::Severity::Notice, {name_, ": lease withdrawn"});
  leased_.reset();
  guard_due_ = false;
  step_guard(acd::Abandon{});
  owner_.offers_changed(*this);
}

void Interface::receive() {
  for (unsigned count = 0; count < kPacketsPerTurn && socket_; ++count) {
    uint8_t buffer[kPacketBuffer];
    auto packet = socket_->receive(buffer);
    if (!packet) {
      if (packet.error().code == Code::OutOfRange) {
        ++dropped_;
        continue;
      }
      return;  // none left, or the link went down: netlink tells
    }
    auto checksum = packet->checksum_unfinished ? ethernet::UdpChecksum::Unfinished : ethernet::UdpChecksum::Finished;
    auto datagram = ethernet::parse_udp4(packet->bytes, checksum);
    if (!datagram || datagram->destination_port != kClientPort || datagram->source_port != kServerPort) {
      ++dropped_;
      continue;
    }
    auto reply = dhcp4::parse_reply(datagram->payload);
    if (!reply) {
      ++dropped_;
      continue;
    }
    step(dhcp4::Received{*reply});
  }
}

void Interface::open_socket() {
  if (socket_) return;
  auto socket = sys::PacketSocket::create_for_dhcp(index_);
  if (!socket) return sys::log_error({name_, ": DHCP socket"}, socket.error());
  socket_ = std::move(*socket);
  auto watched = watch_.start(loop_, socket_->fd(), {.readable = true}, [this](sys::Events) { receive(); });
  if (!watched) {
    sys::log_error({name_, ": DHCP socket"}, watched.error());
    socket_.reset();
  }
}

// They stand always, or while there is no lease.
void Interface::claim_static() {
  bool stands = netconf::uses_static(spec_, client_.lease());
  for (auto& guard : static_guards_) stands ? guard->claim() : guard->abandon();
}

FixedVector<netconf::Contest, netconf::kMaxSpecAddresses> Interface::contests() const {
  FixedVector<netconf::Contest, netconf::kMaxSpecAddresses> contests;
  for (const auto& guard : static_guards_)
    if (guard->contest()) (void)contests.push_back(*guard->contest());
  return contests;
}

void Interface::settle() {
  claim_static();
  if (std::exchange(guard_due_, false) && client_.lease() != nullptr) {
    Ipv4Address address = client_.lease()->address.address.v4;
    if (guard_.address() != address) guard_port_.guard(address, mac_, name_);
    step_guard(acd::Claim{address, acd::Use::AtOnce});
  }
  if (client_.state() != dhcp4::State::Bound && client_.state() != dhcp4::State::Down) return;
  watch_.stop();
  socket_.reset();
  sender_.reset();
  if (router_search_.next() == kNever) solicitor_ = {};
}

}  // namespace ck::netd
