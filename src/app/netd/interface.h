// SPDX-License-Identifier: MIT
// One link that is ours: its DHCPv4 client and what that needs of the kernel, a timer and its sockets. Carries out what
// the client's actions say and tells the owner when the lease or the state changed.
// Sockets: a packet socket hears the replies while one is awaited, in every state, and sends the broadcasts; renewals
// go out through a UDP socket, which leaves routing and ARP to the kernel. While bound no socket is open.
#pragma once

#include <optional>

#include "engine/dhcp4/client.h"
#include "sys/event_loop.h"
#include "sys/packet_socket.h"
#include "sys/udp_socket.h"
#include "wire/netlink/values.h"

namespace ck::netd {

class Interface {
 public:
  // Who has the interfaces; must outlive them. Must not destroy the interface from within a call.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void lease_changed(Interface& interface) = 0;  // lease() is to be applied, also when it is none
    virtual void state_changed(Interface& interface) = 0;
    // It runs again after longer than a moment: what routers advertised before may be of another network.
    virtual void network_left(Interface& interface) = 0;
  };

  Interface(const netlink::Link& link, FixedString<63> host_name, Owner& owner, RandomSource& random,
            sys::EventLoop& loop);

  // Errors: System. Once, before anything else.
  Result<void> start();
  // The link as it is now: name, flags. The hardware address must be the one it began with.
  void set_link(const netlink::Link& link);

  uint32_t index() const { return index_; }
  const netlink::LinkName& name() const { return name_; }
  const MacAddress& mac() const { return mac_; }
  std::string_view driver() const { return driver_; }
  dhcp4::State state() const { return client_.state(); }
  const dhcp4::Lease* lease() const { return client_.lease(); }

 private:
  // Asks routers before the kernel does: it waits until the link-local address has been checked. After a restart it
  // also brings the advertised DNS servers again, which the kernel does not keep.
  void solicit_routers();
  void step(const dhcp4::Event& event);
  void carry_out(const dhcp4::Send& send);
  void carry_out(const dhcp4::Transition& transition);
  void carry_out(dhcp4::OfferLease);
  void carry_out(dhcp4::WithdrawLease);
  void receive();
  void open_socket();
  void close_sockets();

  uint32_t index_;
  netlink::LinkName name_;
  MacAddress mac_;
  FixedString<32> driver_;
  Owner& owner_;
  sys::EventLoop& loop_;
  dhcp4::Client client_;
  bool carrier_ = false;           // DHCP may begin
  bool running_ = false;           // the kernel's IPv6 takes what comes, too
  TimePoint stopped_at_ = kNever;  // when it last ceased to run; kNever: it never did
  uint32_t dropped_ = 0;           // packets that were not DHCP replies at all

  sys::Timer timer_;
  std::optional<sys::UdpSender> sender_;
  std::optional<sys::PacketSocket> socket_;
  sys::Watch watch_;
};

}  // namespace ck::netd
