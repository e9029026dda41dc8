// SPDX-License-Identifier: MIT
// How Netd brings the kernel to the plans of its links, and tells others what there is.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "app/netd/netd.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/publish.h"

namespace ck::netd {

namespace {

// Too large for a stack; they cost memory only where touched.
std::array<char, state::kMaxFile> state_text;
std::array<char, state::kMaxFile> published_state;
size_t published_size = 0;
FixedString<2048> published_resolver;

constexpr Duration kPublishAgain = 1s;

using AbsentText = FixedString<80>;
AbsentText text_of_absent(const netconf::LinkSpec& spec) {
  char buffer[AbsentText::capacity()];
  TextWriter out(buffer);
  out.put("link ").put(spec.name);
  if (spec.mac) out.put(spec.name.empty() ? "" : " ").put(to_text(*spec.mac));
  return AbsentText(out.put(" is configured, but is not here").view());
}

}  // namespace

// Several links with addresses: replies must leave by the link that their requests came on.
void Netd::choose_source_routing() {
  FixedVector<uint32_t, netconf::kMaxLinks> links;
  for (const auto& row : present_.addresses()) {
    const netlink::Address& address = row.value.value;
    if (!netconf::is_global(address)) continue;
    bool known = false;
    for (uint32_t link : links) known |= link == address.link;
    if (!known) (void)links.push_back(address.link);
  }
  auto routing = links.size() > 1 ? netconf::SourceRouting::On : netconf::SourceRouting::Off;
  if (std::exchange(source_routing_, routing) == routing) return;
  for (Slot& slot : slots_)
    if (slot.interface) slot.apply = true;
}

// A rule is of no link, so it outlives the link whose table it leads to.
void Netd::drop_stray_rules() {
  FixedVector<netlink::Rule, netconf::kMaxRules> strays;
  for (const auto& row : present_.rules())
    if (find(row.value.table - netconf::kTableBase) == nullptr) (void)strays.push_back(row.value);
  for (const netlink::Rule& rule : strays) {
    auto done = carry_out(netconf::RemoveRule{rule});
    if (!done) sys::log_error({"stray rule"}, done.error());
    (void)present_.remove_rule(rule);
  }
}

// Without a lease nothing that a lease brought is taken away: after a restart the next one may be what stands.
bool Netd::is_due(const netconf::Change& change, const Interface& interface) {
  auto keeps = [&](uint8_t protocol, Family family) {
    return protocol == netlink::kProtocolDhcp && !interface.is_settled(family);
  };
  if (const auto* address = std::get_if<netconf::RemoveAddress>(&change))
    return !keeps(address->address.protocol, address->address.prefix.address.family);
  if (const auto* route = std::get_if<netconf::RemoveRoute>(&change))
    return !keeps(route->route.protocol, route->route.destination.address.family);
  return true;
}

// Brings the kernel's tables to the plan, then reads them back; what is missing then is tried once more (replacing an
// address may take routes along, of which the kernel does not tell).
void Netd::apply(Interface& interface) {
  for (unsigned attempt = 0; attempt < 2; ++attempt) {
    interface.make_plan(present_, source_routing_, sys::now(), *plan_);
    netconf::difference(*plan_, present_, interface.index(), *changes_);
    bool changed = false;
    bool rules = false;
    for (const netconf::Change& change : *changes_) {
      if (!is_due(change, interface)) continue;
      changed = true;
      rules |= std::holds_alternative<netconf::AddRule>(change) || std::holds_alternative<netconf::RemoveRule>(change);
      auto done = carry_out(change);
      if (!done) sys::log_error({interface.name(), ": change"}, done.error());
    }
    if (!changed) return;
    for (netlink::Table table : {netlink::Table::Addresses, netlink::Table::Routes, netlink::Table::Rules}) {
      if (table == netlink::Table::Rules && !rules) continue;
      if (auto dumped = dump(table); !dumped) sys::log_error({"reading back"}, dumped.error());
    }
  }
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
  } else if (const auto* rule = std::get_if<netconf::AddRule>(&change)) {
    request = netlink::request_add_rule(rule->rule, buffer);
  } else if (const auto* old_rule = std::get_if<netconf::RemoveRule>(&change)) {
    request = netlink::request_remove_rule(old_rule->rule, buffer);
    removal = true;
  }
  auto done = rtnetlink_.change(request);
  if (!done && std::holds_alternative<netconf::AddRule>(change) && done.error().sys_errno == EEXIST) return {};
  // Gone already, by its lifetime or with its link: what was wanted.
  if (!done && removal) {
    int number = done.error().sys_errno;
    if (number == EADDRNOTAVAIL || number == ESRCH || number == ENODEV || number == ENOENT) return {};
  }
  return done;
}

// Calls visit(report) for each managed link.
template <typename Visit>
void Netd::each_report(Visit visit) {
  for (const auto& row : present_.links()) {
    Slot* slot = find(row.value.index);
    if (slot == nullptr) continue;
    slot->interface->make_plan(present_, source_routing_, sys::now(), *plan_);
    auto contests = slot->interface->contests();
    visit(netconf::LinkReport{.link = &row.value,
                              .driver = slot->interface->driver(),
                              .dhcp4 = slot->interface->dhcp4_state(),
                              .dhcp6 = slot->interface->dhcp6_state(),
                              .plan = plan_.get(),
                              .spec = slot->interface->spec(),
                              .counters4 = &slot->interface->dhcp4_counters(),
                              .counters6 = slot->interface->dhcp6_counters(),
                              .contests = {contests.data(), contests.size()}});
  }
}

// What is configured and found nothing that it is for, once there was time for it to come.
FixedVector<const netconf::LinkSpec*, netconf::kMaxSpecLinks> Netd::absent_links() const {
  FixedVector<const netconf::LinkSpec*, netconf::kMaxSpecLinks> absent;
  if (spec_ == nullptr || is_patient_) return absent;
  for (const netconf::LinkSpec& spec : spec_->links) {
    auto is_its = [&](const auto& row) { return spec_of(row.value) == &spec; };
    if (std::ranges::none_of(present_.links(), is_its)) (void)absent.push_back(&spec);
  }
  return absent;
}

void Netd::end_patience() {
  is_patient_ = false;
  dirty_ = true;
  for (const netconf::LinkSpec* spec : absent_links()) sys::log(sys::Severity::Warning, {text_of_absent(*spec)});
}

void Netd::publish() {
  unsigned links = 0;
  unsigned leases = 0;
  state::RecordWriter records(state_text);
  netconf::Resolver resolver;
  each_report([&](const netconf::LinkReport& report) {
    ++links;
    if (find(report.link->index)->interface->lease() != nullptr) ++leases;
    netconf::write_link(report, present_, router_dns_, records);
    resolver.add(report, router_dns_);
  });
  for (const netconf::LinkSpec* spec : absent_links())
    records.begin("problem").field("text", text_of_absent(*spec)).end();
  for (netconf::RouteKind kind : {netconf::RouteKind::Gateway, netconf::RouteKind::Other})
    each_report([&](const netconf::LinkReport& report) { netconf::write_routes(report, present_, kind, records); });
  if (records.view() != std::string_view(published_state.data(), published_size)) {
    auto published = sys::publish("netd", "state", records.view());
    if (!published) return publish_again("state", published.error());
    published_size = records.view().copy(published_state.data(), published_state.size());
  }

  char text[published_resolver.capacity()];
  TextWriter out(text);
  resolver.write(out);
  if (out.truncated()) out.clear();
  if (!(published_resolver == out.view())) {
    auto written = sys::publish("netd", "resolv.conf", out.view());
    if (!written) return publish_again("resolv.conf", written.error());
    published_resolver = FixedString<published_resolver.capacity()>(out.view());
  }
  publish_failed_ = false;

  char status[64];
  TextWriter line(status);
  line.put("STATUS=").number(links).put(" links, ").number(leases).put(" leases");
  if (status_ == line.view()) return;
  status_ = FixedString<64>(line.view());
  (void)sys::notify(status_);
}

// Others still read what was before: it may be memory that is short for a moment. Said once.
void Netd::publish_again(std::string_view file, const Error& error) {
  if (!std::exchange(publish_failed_, true)) sys::log_error({file}, error);
  dirty_ = true;
  publish_later_.arm(sys::now() + kPublishAgain);
}

}  // namespace ck::netd
