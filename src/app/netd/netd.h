// SPDX-License-Identifier: MIT
// The network program as a whole: the tables of what the kernel has, one Interface for each link that is ours, and the
// way between them. Everything is learnt from rtnetlink; when notifications were lost all tables are read anew.
// Work that a batch of events calls for (changes to the kernel, the report) is done once, after the batch: flush().
#pragma once

#include <array>
#include <memory>
#include <span>

#include "app/netd/interface.h"
#include "app/netd/rtnetlink.h"
#include "engine/netconf/difference.h"
#include "engine/netconf/pace.h"
#include "engine/netconf/plan.h"
#include "engine/netconf/present.h"
#include "engine/netconf/report.h"
#include "engine/netconf/router_dns.h"
#include "engine/netconf/router_guard.h"
#include "engine/netconf/spec.h"
#include "sys/event_loop.h"
#include "sys/random.h"

namespace ck::netd {

class Netd final : public Interface::Owner {
 public:
  // `named`: links that are managed although of a kind that is otherwise left alone; so are those that `spec` names,
  // which may be null. Both must outlive it.
  Netd(sys::EventLoop& loop, Rtnetlink rtnetlink, sys::NetlinkSocket monitor, std::span<const netlink::LinkName> named,
       const netconf::NetworkSpec* spec);

  // Reads the tables, brings the links up, and says that it is ready. Errors: System.
  Result<void> start();
  // Serves until a signal ends it. Errors: System.
  Result<void> run();

 private:
  struct Slot {
    std::unique_ptr<Interface> interface;
    bool fresh = false;  // found while it was up: what stands on it is to be read before it begins
    bool apply = false;  // what is offered for it, or what stands of it, changed
    bool prune = false;  // too many routes of router advertisements stand
  };

  void offers_changed(Interface& interface) override;
  void state_changed(Interface& interface) override;
  void network_left(Interface& interface) override;
  uint32_t free_metric(const Interface& interface, uint32_t wanted) const override;

  void on_notifications();
  void on_message(const netlink::Message& message);
  void on_link(const netlink::Link& link);
  void on_new_link(const netlink::Link& link);
  void begin_fresh(Slot& slot);
  void on_address_gone(const netlink::Address& address);
  void on_route(const netlink::Route& route);
  void on_advertisement(uint32_t link);
  const netconf::LinkSpec* spec_of(const netlink::Link& link) const;
  bool is_managed(const netlink::Link& link) const;
  void add_vlans(const netlink::Link& parent);
  void on_duplicate(const netlink::Address& address);
  void count_route(Slot& slot, TimePoint now);
  void prune_routes(uint32_t link);
  void end_guard_pauses();
  void choose_source_routing();
  void drop_stray_rules();
  void on_link_gone(uint32_t index);
  void drain();
  void resync();
  void repair_later();
  void repair();
  void bring_up(const netlink::Link& link);
  Result<void> dump(netlink::Table table);
  void flush();
  void apply(Interface& interface);
  static bool is_due(const netconf::Change& change, const Interface& interface);
  Result<void> carry_out(const netconf::Change& change);
  template <typename Visit>
  void each_report(Visit visit);
  void end_patience();
  FixedVector<const netconf::LinkSpec*, netconf::kMaxSpecLinks> absent_links() const;
  void publish();
  void publish_again(std::string_view file, const Error& error);
  void note(netconf::Update update, uint32_t link);
  void request_apply(uint32_t index);
  Slot* find(uint32_t index);
  void end();

  sys::EventLoop& loop_;
  Rtnetlink rtnetlink_;
  std::span<const netlink::LinkName> named_;
  const netconf::NetworkSpec* spec_;
  // Large, and of the link that is being applied or reported. On the heap: what is not zero would fill the program's
  // file.
  std::unique_ptr<netconf::Plan> plan_ = std::make_unique<netconf::Plan>();
  std::unique_ptr<netconf::Changes> changes_ = std::make_unique<netconf::Changes>();
  Machine machine_;
  sys::KernelRandom random_;
  netconf::Present present_;
  netconf::RouterDns router_dns_;
  netconf::RouterGuard router_guard_;
  netconf::SourceRouting source_routing_ = netconf::SourceRouting::Off;
  std::array<Slot, netconf::kMaxLinks> slots_;

  sys::NetlinkSocket monitor_;
  sys::Watch monitor_watch_;
  sys::SignalWatch signals_;
  sys::Timer expiry_;
  sys::Timer guard_;
  sys::Timer publish_later_;
  sys::Timer repair_;
  sys::Timer patience_;
  bool is_patient_ = true;  // links that are configured may still come
  Duration repair_pause_{0};
  TimePoint troubled_ = from_ms(0);
  TimePoint resynced_ = from_ms(0);
  netconf::Pace pace_;
  FixedString<64> status_;  // as last told to init
  bool dirty_ = true;       // the report
  bool resync_ = false;     // tables must be read anew
  bool reading_ = false;    // a dump is being read: its rows are no news
  bool publish_failed_ = false;
  bool stopping_ = false;
  bool too_many_rows_ = false;   // the same of addresses and routes
  bool too_many_links_ = false;  // said that there are more links than we manage
};

}  // namespace ck::netd
