// SPDX-License-Identifier: MIT
// One IPv4 address that was given by hand, and its guard against conflicts (RFC 5227). It is probed and announced
// beside its use and defended, but never given up: the administrator's choice is final. Who else uses it is logged and
// told.
#pragma once

#include <functional>
#include <optional>

#include "app/netd/arp_port.h"
#include "app/netd/dhcp6_link.h"
#include "engine/acd/guard.h"
#include "engine/netconf/report.h"

namespace ck::netd {

class StaticGuard {
 public:
  // `random` must outlive it.
  StaticGuard(Ipv4Address address, const MacAddress& own, const netlink::LinkName& link_name, RandomSource& random)
      : address_(address), own_(own), link_name_(link_name), guard_(own, random) {}

  // `on_change`: contest() changed. Errors: System. Once, before anything else.
  Result<void> start(sys::EventLoop& loop, uint32_t link, std::function<void()> on_change);

  // The address stands on the link, or does so no more. Said again it changes nothing.
  void claim();
  void abandon();
  void set_carrier(Carrier carrier);
  void set_link_name(const netlink::LinkName& name) { link_name_ = name; }

  // Who else uses it; nothing when nobody was heard since the link has its carrier.
  const std::optional<netconf::Contest>& contest() const { return contest_; }

 private:
  void listen();
  void step(const acd::Event& event);
  void on_contest(const MacAddress& by);
  void forget_contest();

  Ipv4Address address_;
  MacAddress own_;
  netlink::LinkName link_name_;
  acd::Guard guard_;
  ArpPort port_;
  std::function<void()> on_change_;
  std::optional<netconf::Contest> contest_;
  TimePoint logged_ = from_ms(0);
  MacAddress logged_by_;
  bool listens_ = false;
  Carrier carrier_ = Carrier::Down;
};

}  // namespace ck::netd
