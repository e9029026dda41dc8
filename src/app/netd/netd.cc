// SPDX-License-Identifier: MIT
#include "app/netd/netd.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include "app/netd/link_settings.h"
#include "base/text.h"
#include "engine/netconf/policy.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/publish.h"
#include "wire/dhcp6/duid.h"

namespace ck::netd {

namespace {

constexpr unsigned kDatagramsPerTurn = 64;
constexpr unsigned kDumpTries = 4;
constexpr unsigned kMostStaleDatagrams = 4096;
constexpr Duration kResyncPause = 250ms;  // between two readings of all tables that a flood of notifications asks for
constexpr Duration kFirstRepair = 1s;     // after something did not work, then doubled
constexpr Duration kLongestRepair = 30s;
constexpr Duration kPatience = 10s;  // cards come late, sticks later

// One program, one thread: buffers that are too large for a stack live here and cost memory only where touched.
alignas(16) std::array<uint8_t, kNetlinkBuffer> netlink_buffer;

FixedString<63> read_host_name() {
  char buffer[128];
  auto text = sys::read_file("/proc/sys/kernel/hostname", buffer);
  if (!text) return {};
  std::string_view name = trim(*text);
  if (name == "(none)" || name == "localhost" || name.size() > 63) return {};
  return FixedString<63>(name);
}

// "01234567-89ab-..." as sixteen bytes; nothing where it may not be read or is no number at all.
std::optional<std::array<uint8_t, 16>> read_uuid() {
  char buffer[128];
  auto text = sys::read_file("/sys/class/dmi/id/product_uuid", buffer);
  if (!text) return std::nullopt;
  std::array<uint8_t, 16> uuid{};
  size_t digits = 0;
  for (char character : trim(*text)) {
    if (character == '-') continue;
    auto digit = hex_digit(character);
    if (!digit || digits == 32) return std::nullopt;
    uuid[digits / 2] = static_cast<uint8_t>(uuid[digits / 2] << 4 | *digit);
    ++digits;
  }
  bool same = true;  // all zeros or all ones: the firmware has none
  for (uint8_t byte : uuid) same = same && byte == uuid[0];
  if (digits != 32 || same) return std::nullopt;
  return uuid;
}

RouterAdvertisements accepted_by(const netconf::LinkSpec* spec) {
  bool ignored = spec != nullptr && spec->router_advertisements == netconf::Switch::Off;
  return ignored ? RouterAdvertisements::Ignored : RouterAdvertisements::Accepted;
}

constexpr unsigned kPrunedAtOnce = 2048;  // each costs a reading of the whole table
constexpr unsigned kPruneRounds = 4;

}  // namespace

Netd::Netd(sys::EventLoop& loop, Rtnetlink rtnetlink, sys::NetlinkSocket monitor,
           std::span<const netlink::LinkName> named, const netconf::NetworkSpec* spec)
    : loop_(loop),
      rtnetlink_(std::move(rtnetlink)),
      named_(named),
      spec_(spec),
      machine_{.host_name = read_host_name(), .duid = {}},
      monitor_(std::move(monitor)) {}

Result<void> Netd::start() {
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int) { end(); }));
  CK_TRY(expiry_.start(loop_, [this] {
    if (router_dns_.expire(sys::now())) dirty_ = true;
  }));
  CK_TRY(repair_.start(loop_, [this] { repair(); }));
  CK_TRY(guard_.start(loop_, [this] { end_guard_pauses(); }));
  CK_TRY(patience_.start(loop_, [this] { end_patience(); }));
  if (spec_ != nullptr) patience_.arm(sys::now() + kPatience);
  CK_TRY(publish_later_.start(loop_, [] {}));  // flush() follows every batch of events
  CK_TRY(monitor_watch_.start(loop_, monitor_.fd(), {.readable = true}, [this](sys::Events) { on_notifications(); }));
  resync();
  flush();
  return sys::notify("READY=1");
}

Result<void> Netd::run() {
  while (!stopping_) {
    CK_TRY(loop_.run_once(Duration(-1)));
    flush();
    for (Slot& slot : slots_)
      if (slot.interface) slot.interface->settle();
  }
  return {};
}

void Netd::end() {
  sys::log(sys::Severity::Info, {"stopping"});
  (void)sys::notify("STOPPING=1");
  for (Slot& slot : slots_)
    if (slot.interface) slot.interface->stop();
  stopping_ = true;
}

void Netd::offers_changed(Interface& interface) { request_apply(interface.index()); }

void Netd::state_changed(Interface&) { dirty_ = true; }

uint32_t Netd::free_metric(const Interface& interface, uint32_t wanted) const {
  auto has_it = [&](const Slot& slot) {
    return slot.interface && slot.interface.get() != &interface && slot.interface->metric() == wanted;
  };
  // A number that another link is given by hand is that link's, present or not.
  auto names_it = [&](const netconf::LinkSpec& spec) { return &spec != interface.spec() && spec.metric == wanted; };
  if (std::ranges::none_of(slots_, has_it)) return wanted;
  do {
    ++wanted;
  } while (std::ranges::any_of(slots_, has_it) || (spec_ != nullptr && std::ranges::any_of(spec_->links, names_it)));
  return wanted;
}

void Netd::network_left(Interface& interface) {
  if (router_dns_.forget_link(interface.index())) dirty_ = true;
}

Netd::Slot* Netd::find(uint32_t index) {
  for (Slot& slot : slots_)
    if (slot.interface && slot.interface->index() == index) return &slot;
  return nullptr;
}

void Netd::request_apply(uint32_t index) {
  dirty_ = true;
  if (Slot* slot = find(index)) slot->apply = true;
}

void Netd::on_notifications() {
  for (unsigned count = 0; count < kDatagramsPerTurn; ++count) {
    auto datagram = monitor_.receive(netlink_buffer);
    if (!datagram) {
      if (datagram.error().code == Code::Closed) {
        sys::log(sys::Severity::Warning, {datagram.error().what, ": reading all tables anew"});
        // Not at once: what is still queued is older than what the tables hold, and a flood asks for this without end.
        repair_.arm(std::min(repair_.deadline(), std::max(sys::now(), resynced_ + kResyncPause)));
      }
      return;
    }
    netlink::MessageReader messages(*datagram);
    while (auto message = messages.next()) on_message(*message);
  }
}

void Netd::on_message(const netlink::Message& message) {
  TimePoint now = sys::now();
  switch (message.type) {
    case netlink::kNewLink:
      if (auto link = netlink::parse_link(message.body)) {
        on_link(*link);
      } else if (auto flags = netlink::parse_router_flags(message.body)) {
        if (Slot* slot = find(flags->link)) slot->interface->set_router_flags(*flags);
      }
      return;
    case netlink::kDeleteLink:
      if (auto link = netlink::parse_link(message.body)) on_link_gone(link->index);
      return;
    case netlink::kNewAddress:
      if (auto address = netlink::parse_address(message.body)) {
        note(present_.set_address(*address, now), address->link);
        if (address->protocol == netlink::kAddressByRouter) on_advertisement(address->link);
        if ((address->flags & netlink::kAddressDadFailed) != 0) on_duplicate(*address);
      }
      return;
    case netlink::kDeleteAddress:
      if (auto address = netlink::parse_address(message.body)) on_address_gone(*address);
      return;
    case netlink::kNewRoute:
      if (auto route = netlink::parse_route(message.body)) on_route(*route);
      return;
    case netlink::kDeleteRoute:
      if (auto route = netlink::parse_route(message.body)) {
        if (netconf::is_made_by_router(*route)) router_guard_.count_gone(route->link);
        if (present_.remove_route(*route)) {
          dirty_ = true;
          if (netconf::is_ours(*route) || source_routing_ == netconf::SourceRouting::On) request_apply(route->link);
        }
      }
      return;
    case netlink::kNewRule:
      if (auto rule = netlink::parse_rule(message.body)) (void)present_.set_rule(*rule);
      return;
    case netlink::kDeleteRule:
      if (auto rule = netlink::parse_rule(message.body))
        if (present_.remove_rule(*rule)) request_apply(rule->table - netconf::kTableBase);
      return;
    case netlink::kNewNdUserOption:
      if (auto option = netlink::parse_nd_user_option(message.body)) {
        if (find(option->link) != nullptr && router_dns_.learn(*option, now)) dirty_ = true;
        on_advertisement(option->link);
      }
      return;
    default: return;
  }
}

// What a change in the tables of addresses and routes calls for.
void Netd::note(netconf::Update update, uint32_t link) {
  if (update == netconf::Update::Same) return;
  if (update == netconf::Update::Full) {
    if (!std::exchange(too_many_rows_, true))
      sys::log(sys::Severity::Warning, {"more addresses or routes than can be kept; some are left out"});
    return;
  }
  dirty_ = true;
  // The link's own table holds what the kernel made by itself, too.
  if (source_routing_ == netconf::SourceRouting::On) request_apply(link);
}

void Netd::on_address_gone(const netlink::Address& address) {
  const netlink::Link* link = present_.find_link(address.link);
  if (!present_.remove_address(address)) return;
  request_apply(address.link);
  // An address that is taken away while it is being checked was refused, unless all go with the link.
  constexpr uint32_t kChecked = netlink::kAddressTentative | netlink::kAddressDadFailed;
  bool refused = (address.flags & kChecked) != 0 && link != nullptr && (link->flags & netlink::kLinkUp) != 0 &&
                 (link->flags & netlink::kLinkLowerUp) != 0;
  if (refused) on_duplicate(address);
}

// Another host has it. The kernel takes such an address away, but for one that is valid for ever: that stays, marked.
void Netd::on_duplicate(const netlink::Address& address) {
  Slot* slot = find(address.link);
  if (slot != nullptr && address.prefix.address.family == Family::V6)
    slot->interface->address_refused(address.prefix.address.v6);
}

void Netd::on_route(const netlink::Route& route) {
  TimePoint now = sys::now();
  Slot* slot = find(route.link);
  bool by_router = netconf::is_made_by_router(route);
  if (by_router && slot != nullptr) count_route(*slot, now);
  netconf::Update update = present_.set_route(route, now);
  if (update == netconf::Update::Full && by_router)  // room for those that matter: each link keeps its oldest few
    for (Slot& other : slots_) other.prune = other.interface != nullptr;
  note(update, route.link);
  if (by_router) on_advertisement(route.link);
}

// A route that an advertisement made; one of a dump may have been counted before.
void Netd::count_route(Slot& slot, TimePoint now) {
  uint32_t index = slot.interface->index();
  if (reading_) return router_guard_.count_standing(index);
  switch (router_guard_.count(index, now)) {
    case netconf::RouterGuard::Verdict::Fine: return;
    case netconf::RouterGuard::Verdict::Prune: slot.prune = true; return;
    case netconf::RouterGuard::Verdict::Ignore: break;
  }
  const netlink::Link* link = present_.find_link(index);
  sys::log(sys::Severity::Warning,
           {link->name, ": too many new routes from router advertisements: ignored for a while"});
  accept_router_advertisements(*link, RouterAdvertisements::Ignored);
  slot.prune = true;
  guard_.arm(router_guard_.next_end());
}

// Something of a router advertisement is new.
void Netd::on_advertisement(uint32_t link) {
  if (reading_ || !netconf::has_router(present_, link)) return;
  if (Slot* slot = find(link)) slot->interface->end_router_search();
}

// Takes away what a flood of advertisements left, a bounded part of it in one turn: what is left is for the next turn.
void Netd::prune_routes(uint32_t link) {
  auto excess = std::make_unique<FixedVector<netlink::Route, kPrunedAtOnce>>();
  unsigned pruned = 0;
  for (unsigned round = 0;; ++round) {
    excess->clear();
    auto dumped = rtnetlink_.dump(netlink::Table::Routes, netlink_buffer, [&](const netlink::Message& message) {
      auto route = netlink::parse_route(message.body);
      if (message.type != netlink::kNewRoute || !route || route->link != link) return;
      if (netconf::is_to_be_pruned(*route, present_)) (void)excess->push_back(*route);
    });
    if (!dumped && dumped.error().code != Code::Busy) return sys::log_error({"pruning routes"}, dumped.error());
    if (excess->empty()) break;
    if (round == kPruneRounds) {
      if (Slot* slot = find(link)) slot->prune = true;
      guard_.arm(sys::now());
      break;
    }
    for (const netlink::Route& route : *excess) {
      (void)carry_out(netconf::RemoveRoute{route});
      (void)present_.remove_route(route);
    }
    pruned += static_cast<unsigned>(excess->size());
  }
  if (pruned == 0) return;
  dirty_ = true;
  char text[48];
  TextWriter out(text);
  sys::log(sys::Severity::Notice, {out.number(pruned).put(" routes of router advertisements taken away").view()});
}

void Netd::end_guard_pauses() {
  while (uint32_t index = router_guard_.take_ended(sys::now())) {
    const netlink::Link* link = present_.find_link(index);
    Slot* slot = find(index);
    if (link == nullptr || slot == nullptr) continue;
    prune_routes(index);
    accept_router_advertisements(*link, accepted_by(slot->interface->spec()));
    slot->interface->search_routers();  // those that were not heard meanwhile
  }
  guard_.arm(router_guard_.next_end());
}

const netconf::LinkSpec* Netd::spec_of(const netlink::Link& link) const {
  return spec_ != nullptr ? spec_->find(link.name, link.mac) : nullptr;
}

bool Netd::is_managed(const netlink::Link& link) const {
  if (netconf::is_managed(link, named_)) return true;
  const netconf::LinkSpec* spec = spec_of(link);
  return spec != nullptr && spec->name == link.name && netconf::is_managed(link, {&link.name, 1});
}

void Netd::add_vlans(const netlink::Link& parent) {
  if (spec_ == nullptr) return;
  for (const netconf::LinkSpec& child : spec_->links) {
    if (child.parent.empty() || !(child.parent == parent.name)) continue;
    uint8_t request[netlink::kRequestSize];
    auto added = rtnetlink_.change(netlink::request_add_vlan(parent.index, child.name, child.vlan, request));
    if (!added && added.error().sys_errno != EEXIST) sys::log_error({child.name, ": VLAN"}, added.error());
  }
}

void Netd::on_link(const netlink::Link& link) {
  if (!is_managed(link)) {
    if (present_.find_link(link.index) != nullptr) on_link_gone(link.index);
    return;
  }
  // Another hardware address, or a name that something else is wanted for: begun anew.
  if (Slot* slot = find(link.index);
      slot != nullptr && (slot->interface->mac() != link.mac || slot->interface->spec() != spec_of(link)))
    on_link_gone(link.index);
  netconf::Update update = present_.set_link(link);
  if (update == netconf::Update::Full && !std::exchange(too_many_links_, true))
    sys::log(sys::Severity::Warning, {link.name, ": more links than can be managed; left alone"});
  if (update == netconf::Update::Same || update == netconf::Update::Full) return;
  dirty_ = true;
  if (update == netconf::Update::Added) {
    on_new_link(link);
  } else if ((link.flags & netlink::kLinkUp) == 0) {
    repair_later();  // its driver or somebody else took it down
  }
  if (Slot* slot = find(link.index); slot != nullptr && !slot->fresh) slot->interface->set_link(link);
}

void Netd::on_new_link(const netlink::Link& link) {
  const netconf::LinkSpec* spec = spec_of(link);
  if (machine_.duid.empty()) {  // the first link that was ever found: it stays so when that link goes
    auto uuid = read_uuid();
    machine_.duid = uuid ? dhcp6::duid_of(*uuid) : dhcp6::duid_of(link.mac);
  }
  for (size_t place = 0; place < slots_.size(); ++place) {
    Slot& slot = slots_[place];
    if (slot.interface) continue;
    slot.interface = std::make_unique<Interface>(link, place, machine_, spec, *this, random_, loop_);
    auto started = slot.interface->start();
    if (!started) sys::log_error({link.name, ": start"}, started.error());
    break;
  }
  sys::log(sys::Severity::Info, {link.name, ": found, ", to_text(link.mac)});
  apply_link_settings(link, accepted_by(spec));
  // Before an advertisement can come: its default route has the metric of that moment.
  if (const Slot* slot = find(link.index)) set_router_metric(link, slot->interface->metric());
  uint8_t request[netlink::kRequestSize];
  if (spec != nullptr && spec->mtu != 0 && spec->mtu != link.mtu) {
    auto set = rtnetlink_.change(netlink::request_link_mtu(link.index, spec->mtu, request));
    if (!set) sys::log_error({link.name, ": MTU"}, set.error());
  }
  if ((link.flags & netlink::kLinkUp) != 0) {
    resync_ = true;  // it was in use before it became ours: what stands on it is not known
    if (Slot* slot = find(link.index)) slot->fresh = true;
  } else {
    bring_up(link);
  }
  add_vlans(link);
  request_apply(link.index);
}

void Netd::on_link_gone(uint32_t index) {
  router_guard_.forget_link(index);
  (void)present_.remove_link(index);
  (void)router_dns_.forget_link(index);
  Slot* slot = find(index);
  if (slot == nullptr) return;
  sys::log(sys::Severity::Info, {slot->interface->name(), ": gone"});
  slot->interface.reset();
  slot->apply = slot->fresh = slot->prune = false;
  if (std::exchange(too_many_links_, false)) repair_later();  // room for one that was left alone
  dirty_ = true;
}

// Rows that the dump does not show are gone.
Result<void> Netd::dump(netlink::Table table) {
  for (unsigned attempt = 1;; ++attempt) {
    present_.begin_dump(table);
    if (table == netlink::Table::Routes) router_guard_.begin_dump();
    reading_ = true;
    auto dumped =
        rtnetlink_.dump(table, netlink_buffer, [this](const netlink::Message& message) { on_message(message); });
    reading_ = false;
    if (!dumped && dumped.error().code == Code::Busy && attempt < kDumpTries) continue;
    if (!dumped) return dumped;
    break;
  }
  bool dropped = false;
  switch (table) {
    case netlink::Table::Links:
      dropped = present_.end_link_dump([this](uint32_t index) { on_link_gone(index); });
      break;
    case netlink::Table::Addresses: dropped = present_.end_address_dump(); break;
    case netlink::Table::Routes:
      dropped = present_.end_route_dump();
      for (Slot& slot : slots_)
        if (slot.interface && router_guard_.is_over(slot.interface->index())) slot.prune = true;
      break;
    case netlink::Table::Rules: dropped = present_.end_rule_dump(); break;
    case netlink::Table::RouterFlags: break;
  }
  if (dropped) dirty_ = true;
  return {};
}

// Empties the queue of notifications: the tables that are read next are newer. What they do not hold (name servers of
// routers) is taken up as usual.
void Netd::drain() {
  for (unsigned count = 0; count < kMostStaleDatagrams; ++count) {
    auto datagram = monitor_.receive(netlink_buffer);
    if (!datagram && datagram.error().code == Code::Closed) continue;
    if (!datagram) return;
    netlink::MessageReader messages(*datagram);
    while (auto message = messages.next()) on_message(*message);
  }
}

// What did not work is tried again, ever more seldom.
void Netd::repair_later() {
  TimePoint now = sys::now();
  if (now - troubled_ > 2 * kLongestRepair) repair_pause_ = Duration(0);
  troubled_ = now;
  repair_pause_ = std::clamp(repair_pause_ * 2, kFirstRepair, kLongestRepair);
  repair_.arm(std::min(repair_.deadline(), now + repair_pause_));
}

void Netd::repair() {
  for (const auto& row : present_.links())
    if ((row.value.flags & netlink::kLinkUp) == 0) bring_up(row.value);
  resync_ = true;  // flush() follows every batch of events
}

void Netd::bring_up(const netlink::Link& link) {
  uint8_t request[netlink::kRequestSize];
  auto up = rtnetlink_.change(netlink::request_link_up(link.index, request));
  if (up) return;
  sys::log_error({link.name, ": link up"}, up.error());
  repair_later();
}

void Netd::resync() {
  drain();
  resynced_ = sys::now();
  bool whole = true;
  for (netlink::Table table : {netlink::Table::Links, netlink::Table::RouterFlags, netlink::Table::Addresses,
                               netlink::Table::Routes, netlink::Table::Rules}) {
    auto dumped = dump(table);
    if (dumped) continue;
    sys::log_error({"reading tables"}, dumped.error());
    whole = false;
  }
  resync_ = false;  // links that were found up meanwhile have been read with the rest
  for (Slot& slot : slots_) {
    if (!slot.interface) continue;
    slot.apply = true;
    if (std::exchange(slot.fresh, false)) begin_fresh(slot);
  }
  if (!whole) repair_later();
}

// The link was up already: an address of an earlier run of this program is asked for again.
void Netd::begin_fresh(Slot& slot) {
  const netlink::Link* link = present_.find_link(slot.interface->index());
  if (link == nullptr) return;
  for (const auto& row : present_.addresses()) {
    const netlink::Address& address = row.value.value;
    if (address.link != link->index || address.protocol != netlink::kProtocolDhcp) continue;
    if (address.prefix.address.family == Family::V4) slot.interface->remember(address.prefix, row.value.valid_until);
  }
  slot.interface->set_link(*link);
}

void Netd::flush() {
  if (resync_) resync();
  for (Slot& slot : slots_)
    if (slot.interface && std::exchange(slot.prune, false)) prune_routes(slot.interface->index());
  choose_source_routing();
  for (Slot& slot : slots_)
    if (slot.interface && std::exchange(slot.apply, false)) apply(*slot.interface);
  expiry_.arm(router_dns_.next_expiry());
  if (!dirty_) return;
  drop_stray_rules();
  if (!pace_.take(sys::now())) return publish_later_.arm(pace_.next());
  dirty_ = false;
  publish();
}

}  // namespace ck::netd
