// SPDX-License-Identifier: MIT
// One link that is ours: its DHCPv4 client and what that needs of the kernel, a timer and its sockets; beside it
// DHCPv6, guards of the leased address and of those by hand against conflicts, and a link-local address while no server
// answers. Carries out what their actions say, tells the owner when something that is offered changed, and merges all
// of it to the link's plan. Sockets: a packet socket hears the replies while one is awaited, in every state, and sends
// the broadcasts; renewals go out through a UDP socket, which leaves routing and ARP to the kernel. While bound only
// that of the guard is open.
#pragma once

#include <memory>
#include <optional>

#include "app/netd/arp_port.h"
#include "app/netd/dhcp6_link.h"
#include "app/netd/static_guard.h"
#include "engine/acd/guard.h"
#include "engine/dhcp4/client.h"
#include "engine/linklocal/client.h"
#include "engine/netconf/plan.h"
#include "engine/netconf/router_search.h"
#include "engine/netconf/spec.h"
#include "sys/event_loop.h"
#include "sys/packet_socket.h"
#include "sys/udp_socket.h"
#include "wire/netlink/values.h"

namespace ck::netd {

// What all interfaces of the machine share.
struct Machine {
  FixedString<63> host_name;
  dhcp6::Duid duid;  // one for all links (RFC 9915 11)
};

class Interface final : public Dhcp6Link::Owner {
 public:
  // Who has the interfaces; must outlive them. Must not destroy the interface from within a call.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void offers_changed(Interface& interface) = 0;  // make_plan() anew, and apply it
    virtual void state_changed(Interface& interface) = 0;
    // It runs again after longer than a moment: what routers advertised before may be of another network.
    virtual void network_left(Interface& interface) = 0;
    // The one that is wanted, or the next that no other link has or is given by hand: the kernel keeps one IPv4 default
    // route of each metric.
    virtual uint32_t free_metric(const Interface& interface, uint32_t wanted) const = 0;
  };

  // `place`: which of the places of managed links it has. `spec` may be null: the defaults. It must outlive the
  // interface.
  Interface(const netlink::Link& link, size_t place, const Machine& machine, const netconf::LinkSpec* spec,
            Owner& owner, RandomSource& random, sys::EventLoop& loop);

  // Errors: System. Once, before anything else.
  Result<void> start();
  // The link as it is now: name, flags. The hardware address must be the one it began with.
  void set_link(const netlink::Link& link);
  // An address of ours that the kernel has from an earlier run of the program. Before the link is set.
  void remember(const IpPrefix& address, TimePoint expires_at);
  // What the routers of the link say of DHCPv6. It only ever asks for more: a lease is not thrown away for a flag.
  void set_router_flags(const netlink::RouterFlags& flags);
  // The kernel took away an IPv6 address that it was still checking: another host has it.
  void address_refused(const Ipv6Address& address);
  // For good: leases are released.
  void stop();

  // After what a step asked for has been done, and not before. Here the leased address comes under guard, once it
  // stands, and idle sockets are closed: closing a packet socket waits until every processor has left the kernel's
  // receive path, for 10 to 40 ms.
  void settle();

  uint32_t index() const { return index_; }
  const netlink::LinkName& name() const { return name_; }
  const MacAddress& mac() const { return mac_; }
  std::string_view driver() const { return driver_; }
  uint32_t metric() const { return metric_; }
  dhcp4::State dhcp4_state() const { return client_.state(); }
  dhcp6::State dhcp6_state() const { return dhcp6_ ? dhcp6_->state() : dhcp6::State::Down; }
  const dhcp4::Lease* lease() const { return client_.lease(); }
  const dhcp4::Counters& dhcp4_counters() const { return client_.counters(); }
  const dhcp6::Counters* dhcp6_counters() const { return dhcp6_ ? &dhcp6_->counters() : nullptr; }
  const netconf::LinkSpec* spec() const { return spec_; }
  // The addresses by hand that another host uses, too.
  FixedVector<netconf::Contest, netconf::kMaxSpecAddresses> contests() const;
  // Nothing that stands on the link may be taken away before this: after a restart the next lease may be what stands.
  bool is_settled(Family family) const { return family == Family::V4 ? settled_ : settled6_; }
  void make_plan(const netconf::Present& present, netconf::SourceRouting routing, TimePoint now,
                 netconf::Plan& plan) const;

  // Asks routers before the kernel does: it waits until the link-local address has been checked. After a restart it
  // also brings the advertised DNS servers again, which the kernel does not keep. Again and again, until one is found
  // or the link does not run any more.
  void search_routers();
  void end_router_search();

 private:
  void start_dhcp6(const Machine& machine);
  void solicit_routers();
  void choose_metric();
  void step_guard(const acd::Event& event);
  void step_link_local(const linklocal::Event& event);
  void claim_static();
  void watch_for_silence();
  void dhcp6_changed(Dhcp6Link& link) override;
  void step(const dhcp4::Event& event);
  void carry_out(const dhcp4::Send& send);
  void carry_out(const dhcp4::Transition& transition);
  void carry_out(dhcp4::OfferLease);
  void carry_out(dhcp4::WithdrawLease);
  void receive();
  void open_socket();

  uint32_t index_;
  size_t place_;
  netlink::LinkName name_;
  MacAddress mac_;
  FixedString<32> driver_;
  Owner& owner_;
  sys::EventLoop& loop_;
  dhcp4::Client client_;
  const netconf::LinkSpec* spec_;
  RandomSource& random_;
  TimePoint since_;
  TimePoint lease_since_;
  TimePoint lease6_since_;
  std::optional<Ipv4Address> leased_;  // whose start lease_since_ is
  bool leased6_ = false;
  bool settled_ = false;
  bool settled6_ = false;
  uint32_t metric_ = 0;
  uint32_t mtu_ = 0;
  bool carrier_ = false;           // DHCP may begin
  bool running_ = false;           // the kernel's IPv6 takes what comes, too
  TimePoint stopped_at_ = kNever;  // when it last ceased to run; kNever: it never did
  uint32_t dropped_ = 0;           // packets that were not DHCP replies at all

  sys::Timer timer_;
  std::optional<sys::UdpSender> sender_;
  std::optional<sys::PacketSocket> socket_;
  sys::Watch watch_;
  netconf::RouterSearch router_search_;
  sys::Timer router_timer_;
  sys::UniqueFd solicitor_;  // sends the Router Solicitations; when there are no more, only waits to be closed
  std::optional<Dhcp6Link> dhcp6_;

  acd::Guard guard_;
  ArpPort guard_port_;
  bool guard_due_ = false;  // the leased address is to be claimed
  FixedVector<std::unique_ptr<StaticGuard>, netconf::kMaxSpecAddresses> static_guards_;
  linklocal::Client link_local_;
  ArpPort link_local_port_;
  std::optional<Ipv4Address> link_local_heard_;  // the candidate that the port hears of
  TimePoint link_local_since_;
  sys::Timer silence_;
};

}  // namespace ck::netd
