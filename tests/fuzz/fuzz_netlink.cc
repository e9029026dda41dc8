// SPDX-License-Identifier: MIT
// rtnetlink datagrams into netconf's tables, and on to the report: capacities hold, what is read can be written again,
// and the difference towards a lease converges.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/netconf/difference.h"
#include "engine/netconf/report.h"
#include "engine/netconf/router_dns.h"
#include "wire/netlink/constants.h"
#include "wire/netlink/message.h"
#include "wire/netlink/requests.h"
#include "wire/netlink/values.h"

namespace {

using namespace ck;  // NOLINT: the fuzzer is about nothing else

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr TimePoint kNow = from_ms(1'000'000);

struct Tables {
  netconf::Present present;
  netconf::RouterDns dns;

  void take(const netlink::Message& message) {
    (void)netlink::error_number(message);
    if (auto link = netlink::parse_link(message.body)) {
      if (message.type == netlink::kDeleteLink)
        (void)present.remove_link(link->index);
      else
        (void)present.set_link(*link);
    }
    if (auto address = netlink::parse_address(message.body)) {
      uint8_t buffer[netlink::kRequestSize];
      netlink::MessageReader again(netlink::request_set_address(*address, buffer));
      auto written = again.next();
      require(written.has_value());
      auto read = netlink::parse_address(written->body);
      require(read && read->prefix == address->prefix && read->link == address->link);
      if (message.type == netlink::kDeleteAddress)
        (void)present.remove_address(*address);
      else
        (void)present.set_address(*address, kNow);
    }
    if (auto route = netlink::parse_route(message.body)) {
      uint8_t buffer[netlink::kRequestSize];
      require(!netlink::request_set_route(*route, buffer).empty());
      if (message.type == netlink::kDeleteRoute)
        (void)present.remove_route(*route);
      else
        (void)present.set_route(*route, kNow);
    }
    if (auto rule = netlink::parse_rule(message.body)) {
      uint8_t buffer[netlink::kRequestSize];
      netlink::MessageReader again(netlink::request_add_rule(*rule, buffer));
      auto written = again.next();
      require(written && netlink::parse_rule(written->body) == *rule);
      if (message.type == netlink::kDeleteRule)
        (void)present.remove_rule(*rule);
      else
        (void)present.set_rule(*rule);
    }
    (void)netlink::parse_router_flags(message.body);
    if (auto option = netlink::parse_nd_user_option(message.body)) (void)dns.learn(*option, kNow);
  }
};

void converge(netconf::Present& present, uint32_t link) {
  dhcp4::Lease lease;
  lease.address = *parse_prefix("192.0.2.107/24");
  (void)lease.routers.push_back(*parse_ipv4("192.0.2.1"));
  lease.expires_at = kNow + 3600s;
  static netconf::Plan plan;
  static netconf::Changes changes;
  for (int round = 0; round < 8; ++round) {
    netconf::make_plan(
        {.link = link, .mtu = 1500, .metric = 102, .lease = &lease, .source_routing = netconf::SourceRouting::On},
        present, kNow, plan);
    netconf::difference(plan, present, link, changes);
    if (changes.empty()) return;
    for (const netconf::Change& change : changes) {
      if (const auto* what = std::get_if<netconf::SetAddress>(&change))
        if (present.set_address(what->address, kNow) == netconf::Update::Full) return;
      if (const auto* what = std::get_if<netconf::SetRoute>(&change)) {
        for (size_t i = present.routes().size(); i-- > 0;) {  // as the kernel replaces
          netlink::Route old = present.routes()[i].value.value;
          bool same = old.table == what->route.table && old.destination == what->route.destination &&
                      old.metric == what->route.metric;
          if (same && old.destination.address.family == Family::V4) (void)present.remove_route(old);
        }
        if (present.set_route(what->route, kNow) == netconf::Update::Full) return;
      }
      if (const auto* what = std::get_if<netconf::AddRule>(&change))
        if (present.set_rule(what->rule) == netconf::Update::Full) return;
      if (const auto* what = std::get_if<netconf::RemoveAddress>(&change))
        require(present.remove_address(what->address));
      if (const auto* what = std::get_if<netconf::RemoveRoute>(&change)) require(present.remove_route(what->route));
      if (const auto* what = std::get_if<netconf::RemoveRule>(&change)) require(present.remove_rule(what->rule));
    }
  }
  netconf::difference(plan, present, link, changes);
  require(changes.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Tables tables;
  tables = Tables{};
  (void)tables.present.set_link({.index = 2, .name = "eth0"});
  netlink::MessageReader messages(Bytes(data, size));
  while (auto message = messages.next()) tables.take(*message);
  tables.take({.type = netlink::kNewAddress, .body = Bytes(data, size)});  // also without a frame around it
  require(tables.present.links().size() <= netconf::kMaxLinks);

  static char text[state::kMaxFile];
  state::RecordWriter records(text);
  static netconf::Plan plan;
  netconf::Resolver resolver;
  for (const auto& row : tables.present.links()) {
    netconf::make_plan({.link = row.value.index}, tables.present, kNow, plan);
    netconf::LinkReport report{.link = &row.value, .plan = &plan};
    netconf::write_link(report, tables.present, tables.dns, records);
    resolver.add(report, tables.dns);
  }
  for (char character : records.view()) require(character == '\n' || (character >= 0x20 && character <= 0x7e));
  char text_of_resolver[2048];
  TextWriter out(text_of_resolver);
  resolver.write(out);
  if (tables.present.find_link(2) != nullptr) converge(tables.present, 2);
  return 0;
}
