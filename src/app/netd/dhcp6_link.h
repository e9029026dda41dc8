// SPDX-License-Identifier: MIT
// DHCPv6 on one link that is ours: its client, a timer and its socket. Carries out what the client's actions say and
// tells the owner when lease, information or state changed; what becomes of that is the owner's business.
// The socket is open while an answer is awaited, and while a Reconfigure may come.
#pragma once

#include <optional>

#include "engine/dhcp6/client.h"
#include "sys/event_loop.h"
#include "sys/udp6_socket.h"
#include "wire/netlink/values.h"

namespace ck::netd {

enum class Carrier : uint8_t { Down, Up };

class Dhcp6Link {
 public:
  // Who has the link; must outlive it. Must not destroy the link from within a call.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void dhcp6_changed(Dhcp6Link& link) = 0;  // state(), lease() or information()
  };

  Dhcp6Link(uint32_t index, netlink::LinkName name, const dhcp6::Settings& settings, Owner& owner, RandomSource& random,
            sys::EventLoop& loop);

  // Errors: System. Once, before anything else.
  Result<void> start();
  void set_link_name(const netlink::LinkName& name) { name_ = name; }
  void set_carrier(Carrier carrier);
  // What the link's routers call for.
  void set_mode(dhcp6::Mode mode);
  // The kernel found that another host has the address, and does not keep it.
  void address_refused(const Ipv6Address& address);
  // For good: releases the lease, if there is one. Nothing is to be waited for.
  void stop();

  uint32_t index() const { return index_; }
  dhcp6::State state() const { return client_.state(); }
  dhcp6::Mode mode() const { return client_.mode(); }
  const dhcp6::Lease* lease() const { return client_.lease(); }
  const dhcp6::Information* information() const { return client_.information(); }
  const dhcp6::Counters& counters() const { return client_.counters(); }
  // Options that were left out of messages, and messages that were none of a server.
  const dhcp6::FaultCounts& faults() const { return faults_; }
  uint32_t dropped() const { return dropped_; }

 private:
  void step(const dhcp6::Event& event);
  void carry_out(const dhcp6::Send& send);
  void carry_out(const dhcp6::Transition& transition);
  void carry_out(dhcp6::OfferLease);
  void carry_out(dhcp6::WithdrawLease);
  void carry_out(dhcp6::OfferInformation);
  void receive();
  void open_socket();
  void close_socket();
  bool awaits() const;

  uint32_t index_;
  netlink::LinkName name_;
  Owner& owner_;
  sys::EventLoop& loop_;
  dhcp6::Client client_;
  dhcp6::FaultCounts faults_;
  uint32_t dropped_ = 0;

  sys::Timer timer_;
  std::optional<sys::Udp6Socket> socket_;
  sys::Watch watch_;
};

}  // namespace ck::netd
