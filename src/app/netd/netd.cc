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

namespace ck::netd {

namespace {

constexpr unsigned kDatagramsPerTurn = 64;
constexpr unsigned kDumpTries = 4;
constexpr unsigned kMostStaleDatagrams = 4096;
constexpr Duration kResyncPause = 250ms;  // between two readings of all tables that a flood of notifications asks for
constexpr Duration kFirstRepair = 1s;     // after something did not work, then doubled
constexpr Duration kLongestRepair = 30s;

// One program, one thread: buffers that are too large for a stack live here and cost memory only where touched.
alignas(16) std::array<uint8_t, kNetlinkBuffer> netlink_buffer;
std::array<char, state::kMaxFile> state_text;
std::array<char, state::kMaxFile> published_state;
size_t published_size = 0;
FixedString<2048> published_resolver;

FixedString<63> read_host_name() {
  char buffer[128];
  auto text = sys::read_file("/proc/sys/kernel/hostname", buffer);
  if (!text) return {};
  std::string_view name = trim(*text);
  if (name == "(none)" || name == "localhost" || name.size() > 63) return {};
  return FixedString<63>(name);
}

}  // namespace

Netd::Netd(sys::EventLoop& loop, Rtnetlink rtnetlink, sys::NetlinkSocket monitor,
           std::span<const netlink::LinkName> named)
    : loop_(loop),
      rtnetlink_(std::move(rtnetlink)),
      named_(named),
      host_name_(read_host_name()),
      monitor_(std::move(monitor)) {}

Result<void> Netd::start() {
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int) { end(); }));
  CK_TRY(expiry_.start(loop_, [this] {
    if (router_dns_.expire(sys::now())) dirty_ = true;
  }));
  CK_TRY(repair_.start(loop_, [this] { repair(); }));
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
  }
  return {};
}

void Netd::end() {
  sys::log(sys::Severity::Info, {"stopping"});
  (void)sys::notify("STOPPING=1");
  stopping_ = true;
}

void Netd::lease_changed(Interface& interface) { request_apply(interface.index()); }

void Netd::state_changed(Interface&) { dirty_ = true; }

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
      if (auto link = netlink::parse_link(message.body)) on_link(*link);
      return;
    case netlink::kDeleteLink:
      if (auto link = netlink::parse_link(message.body)) on_link_gone(link->index);
      return;
    case netlink::kNewAddress:
      if (auto address = netlink::parse_address(message.body)) note(present_.set_address(*address, now));
      return;
    case netlink::kDeleteAddress:
      if (auto address = netlink::parse_address(message.body))
        if (present_.remove_address(*address)) request_apply(address->link);
      return;
    case netlink::kNewRoute:
      if (auto route = netlink::parse_route(message.body)) note(present_.set_route(*route));
      return;
    case netlink::kDeleteRoute:
      if (auto route = netlink::parse_route(message.body))
        if (present_.remove_route(*route)) {
          dirty_ = true;
          if (route->protocol == netlink::kProtocolDhcp) request_apply(route->link);
        }
      return;
    case netlink::kNewNdUserOption:
      if (auto option = netlink::parse_nd_user_option(message.body))
        if (find(option->link) != nullptr && router_dns_.learn(*option, now)) dirty_ = true;
      return;
    default: return;
  }
}

// What a change in the tables of addresses and routes calls for.
void Netd::note(netconf::Update update) {
  if (update == netconf::Update::Same) return;
  if (update == netconf::Update::Full) {
    if (!std::exchange(too_many_rows_, true))
      sys::log(sys::Severity::Warning, {"more addresses or routes than can be kept; some are left out"});
    return;
  }
  dirty_ = true;
}

void Netd::on_link(const netlink::Link& link) {
  if (!netconf::is_managed(link, named_)) {
    if (present_.find_link(link.index) != nullptr) on_link_gone(link.index);
    return;
  }
  if (Slot* slot = find(link.index); slot != nullptr && slot->interface->mac() != link.mac) on_link_gone(link.index);
  netconf::Update update = present_.set_link(link);
  if (update == netconf::Update::Full && !std::exchange(too_many_links_, true))
    sys::log(sys::Severity::Warning, {link.name, ": more links than can be managed; left alone"});
  if (update == netconf::Update::Same || update == netconf::Update::Full) return;
  dirty_ = true;
  if (update == netconf::Update::Added) {
    for (Slot& slot : slots_) {
      if (slot.interface) continue;
      slot.interface = std::make_unique<Interface>(link, host_name_, *this, random_, loop_);
      auto started = slot.interface->start();
      if (!started) sys::log_error({link.name, ": start"}, started.error());
      break;
    }
    sys::log(sys::Severity::Info, {link.name, ": found, ", to_text(link.mac)});
    apply_link_settings(link);
    if ((link.flags & netlink::kLinkUp) != 0) {
      resync_ = true;  // it was in use before it became ours: what stands on it is not known
    } else {
      bring_up(link);
    }
  } else if ((link.flags & netlink::kLinkUp) == 0) {
    repair_later();  // its driver or somebody else took it down
  }
  if (Slot* slot = find(link.index)) slot->interface->set_link(link);
}

void Netd::on_link_gone(uint32_t index) {
  (void)present_.remove_link(index);
  (void)router_dns_.forget_link(index);
  Slot* slot = find(index);
  if (slot == nullptr) return;
  sys::log(sys::Severity::Info, {slot->interface->name(), ": gone"});
  slot->interface.reset();
  slot->apply = slot->unfinished = false;
  if (std::exchange(too_many_links_, false)) repair_later();  // room for one that was left alone
  dirty_ = true;
}

// Rows that the dump does not show are gone.
Result<void> Netd::dump(netlink::Table table) {
  for (unsigned attempt = 1;; ++attempt) {
    present_.begin_dump(table);
    auto dumped =
        rtnetlink_.dump(table, netlink_buffer, [this](const netlink::Message& message) { on_message(message); });
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
    case netlink::Table::Routes: dropped = present_.end_route_dump(); break;
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
  for (netlink::Table table : {netlink::Table::Links, netlink::Table::Addresses, netlink::Table::Routes}) {
    auto dumped = dump(table);
    if (dumped) continue;
    sys::log_error({"reading tables"}, dumped.error());
    whole = false;
  }
  resync_ = false;  // links that were found up meanwhile have been read with the rest
  // Without a lease nothing is taken away: after a restart the next lease may be what stands.
  for (Slot& slot : slots_)
    if (slot.interface && (std::exchange(slot.unfinished, false) || slot.interface->lease() != nullptr))
      slot.apply = true;
  if (!whole) repair_later();
}

void Netd::flush() {
  if (resync_) resync();
  for (Slot& slot : slots_)
    if (slot.interface && std::exchange(slot.apply, false)) apply(*slot.interface);
  expiry_.arm(router_dns_.next_expiry());
  if (!dirty_) return;
  if (!pace_.take(sys::now())) return publish_later_.arm(pace_.next());
  dirty_ = false;
  publish();
}

// Brings the kernel's tables to what the lease asks for, then reads them back; what is missing then is tried once more
// (replacing an address may take routes along, of which the kernel does not tell).
void Netd::apply(Interface& interface) {
  for (unsigned attempt = 0; attempt < 2; ++attempt) {
    netconf::Wanted wanted;
    if (const dhcp4::Lease* lease = interface.lease())
      wanted = netconf::wanted_by(*lease, interface.index(), sys::now());
    netconf::Changes changes = netconf::difference(wanted, present_, interface.index());
    if (changes.empty()) return;
    for (const netconf::Change& change : changes) {
      auto done = carry_out(change);
      if (!done) sys::log_error({interface.name(), ": change"}, done.error());
    }
    for (netlink::Table table : {netlink::Table::Addresses, netlink::Table::Routes})
      if (auto dumped = dump(table); !dumped) sys::log_error({"reading back"}, dumped.error());
  }
  if (Slot* slot = find(interface.index())) slot->unfinished = true;
  repair_later();
}

Result<void> Netd::carry_out(const netconf::Change& change) {
  uint8_t buffer[netlink::kRequestSize];
  bool removal = false;
  MutableBytes request;
  if (const auto* set_address = std::get_if<netconf::SetAddress>(&change)) {
    request = netlink::request_set_address(set_address->address, buffer);
  } else if (const auto* set_route = std::get_if<netconf::SetRoute>(&change)) {
    request = netlink::request_set_route(set_route->route, buffer);
  } else if (const auto* old_address = std::get_if<netconf::RemoveAddress>(&change)) {
    request = netlink::request_remove_address(old_address->address, buffer);
    removal = true;
  } else if (const auto* old_route = std::get_if<netconf::RemoveRoute>(&change)) {
    request = netlink::request_remove_route(old_route->route, buffer);
    removal = true;
  }
  auto done = rtnetlink_.change(request);
  // Gone already, by its lifetime or with its link: what was wanted.
  if (!done && removal) {
    int number = done.error().sys_errno;
    if (number == EADDRNOTAVAIL || number == ESRCH || number == ENODEV) return {};
  }
  return done;
}

void Netd::publish() {
  FixedVector<netconf::LinkReport, netconf::kMaxLinks> reports;
  unsigned leases = 0;
  for (const auto& row : present_.links()) {
    Slot* slot = find(row.value.index);
    if (slot == nullptr) continue;
    if (slot->interface->lease() != nullptr) ++leases;
    (void)reports.push_back({.link = &row.value,
                             .driver = slot->interface->driver(),
                             .state = slot->interface->state(),
                             .lease = slot->interface->lease()});
  }
  std::span<const netconf::LinkReport> links(reports.data(), reports.size());

  state::RecordWriter records(state_text);
  netconf::write_state(links, present_, router_dns_, records);
  if (records.view() == std::string_view(published_state.data(), published_size)) return;
  auto published = sys::publish("netd", "state", records.view());
  if (!published) sys::log_error({"state"}, published.error());
  published_size = records.view().copy(published_state.data(), published_state.size());

  char text[published_resolver.capacity()];
  TextWriter resolver(text);
  netconf::write_resolver(links, router_dns_, resolver);
  if (resolver.truncated()) resolver.clear();
  if (!(published_resolver == resolver.view())) {
    auto written = sys::publish("netd", "resolv.conf", resolver.view());
    if (!written) sys::log_error({"resolv.conf"}, written.error());
    published_resolver = FixedString<published_resolver.capacity()>(resolver.view());
  }

  char status[64];
  TextWriter line(status);
  line.put("STATUS=").number(reports.size()).put(" links, ").number(leases).put(" leases");
  if (status_ == line.view()) return;
  status_ = FixedString<64>(line.view());
  (void)sys::notify(status_);
}

}  // namespace ck::netd
