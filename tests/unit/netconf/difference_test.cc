// SPDX-License-Identifier: MIT
#include "engine/netconf/difference.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/netlink/constants.h"

namespace ck::netconf {
namespace {

constexpr uint32_t kLink = 2;
constexpr TimePoint kNow = from_ms(1'000'000);
constexpr uint32_t kMetric = 102;

Ipv4Address ip(std::string_view text) { return *parse_ipv4(text); }

dhcp4::Lease lease(std::string_view address = "192.0.2.107/24", std::string_view router = "192.0.2.1") {
  dhcp4::Lease lease;
  lease.address = *parse_prefix(address);
  lease.server = ip("192.0.2.1");
  if (!router.empty()) (void)lease.routers.push_back(ip(router));
  lease.start = kNow;
  lease.renew_at = kNow + 1800s;
  lease.rebind_at = kNow + 3150s;
  lease.expires_at = kNow + 3600s;
  return lease;
}

Plan plan_of(const dhcp4::Lease* lease, uint32_t link = kLink, TimePoint now = kNow) {
  Plan plan;
  make_plan({.link = link, .mtu = 1500, .metric = 100 + link, .lease = lease}, Present{}, now, plan);
  return plan;
}

Changes difference_of(const Plan& plan, const Present& present, uint32_t link = kLink) {
  Changes changes;
  difference(plan, present, link, changes);
  return changes;
}

// The kernel as far as this program sees it.
class Kernel {
 public:
  Kernel() { add_link(kLink); }
  void add_link(uint32_t index) { (void)present.set_link({.index = index, .name = "eth0"}); }

  void apply(const Changes& changes, TimePoint now = kNow) {
    for (const Change& change : changes) {
      if (const auto* set = std::get_if<SetAddress>(&change)) (void)present.set_address(set->address, now);
      if (const auto* gone = std::get_if<RemoveAddress>(&change)) EXPECT_TRUE(present.remove_address(gone->address));
      if (const auto* set = std::get_if<SetRoute>(&change)) {
        // Replaces what has the same destination and metric.
        for (size_t i = present.routes().size(); i-- > 0;) {
          netlink::Route route = present.routes()[i].value.value;
          if (route.destination == set->route.destination && route.metric == set->route.metric)
            (void)present.remove_route(route);
        }
        (void)present.set_route(set->route, now);
      }
      if (const auto* set = std::get_if<AddRule>(&change)) (void)present.set_rule(set->rule);
      if (const auto* gone = std::get_if<RemoveRule>(&change)) EXPECT_TRUE(present.remove_rule(gone->rule));
      if (const auto* gone = std::get_if<RemoveRoute>(&change)) EXPECT_TRUE(present.remove_route(gone->route));
    }
  }
  Changes towards(const dhcp4::Lease& lease, TimePoint now = kNow) {
    return difference_of(plan_of(&lease, kLink, now), present);
  }
  Present present;
};

std::string describe(const Changes& changes) {
  std::string text;
  for (const Change& change : changes) {
    if (const auto* what = std::get_if<SetAddress>(&change))
      text += "+" + std::string(to_text(what->address.prefix).view());
    if (const auto* what = std::get_if<RemoveAddress>(&change))
      text += "-" + std::string(to_text(what->address.prefix).view());
    if (const auto* what = std::get_if<SetRoute>(&change))
      text += "+r" + std::string(to_text(what->route.destination).view());
    if (const auto* what = std::get_if<RemoveRoute>(&change))
      text += "-r" + std::string(to_text(what->route.destination).view());
    if (const auto* what = std::get_if<AddRule>(&change)) text += "+f" + std::string(to_text(what->rule.source).view());
    if (const auto* what = std::get_if<RemoveRule>(&change))
      text += "-f" + std::string(to_text(what->rule.source).view());
    text += " ";
  }
  return text;
}

TEST(NetconfDifference, FirstLease) {
  Kernel kernel;
  Changes changes = kernel.towards(lease());
  EXPECT_EQ(describe(changes), "+192.0.2.107/24 +r0.0.0.0/0 ");
  const auto& address = std::get<SetAddress>(changes[0]).address;
  EXPECT_EQ(address.lifetimes.valid, 3600u);
  EXPECT_EQ(address.protocol, netlink::kProtocolDhcp);
  const auto& route = std::get<SetRoute>(changes[1]).route;
  EXPECT_EQ(route.metric, kMetric);
  EXPECT_EQ(route.gateway, IpAddress(ip("192.0.2.1")));
  EXPECT_EQ(route.flags, 0u);
  kernel.apply(changes);
  EXPECT_TRUE(kernel.towards(lease()).empty());
}

TEST(NetconfDifference, RenewalOnlyRefreshesTheLifetime) {
  Kernel kernel;
  kernel.apply(kernel.towards(lease()));
  dhcp4::Lease renewed = lease();
  renewed.expires_at += 1800s;
  Changes changes = kernel.towards(renewed, kNow + 1800s);
  EXPECT_EQ(describe(changes), "+192.0.2.107/24 ");
  EXPECT_EQ(std::get<SetAddress>(changes[0]).address.lifetimes.valid, 3600u);
}

TEST(NetconfDifference, InfiniteLease) {
  Kernel kernel;
  dhcp4::Lease forever = lease();
  forever.expires_at = kNever;
  Changes changes = kernel.towards(forever);
  EXPECT_EQ(std::get<SetAddress>(changes[0]).address.lifetimes.valid, netlink::kForever);
  kernel.apply(changes);
  EXPECT_TRUE(kernel.towards(forever, kNow + 1'000'000s).empty());
}

TEST(NetconfDifference, MovedLeaseSetsBeforeItRemoves) {
  Kernel kernel;
  kernel.apply(kernel.towards(lease()));
  Changes changes = kernel.towards(lease("192.0.2.140/24"));
  EXPECT_EQ(describe(changes), "+192.0.2.140/24 +r0.0.0.0/0 -192.0.2.107/24 ");
  kernel.apply(changes);
  EXPECT_TRUE(kernel.towards(lease("192.0.2.140/24")).empty());
}

TEST(NetconfDifference, NewPrefixLengthReplacesTheAddress) {
  Kernel kernel;
  kernel.apply(kernel.towards(lease()));
  EXPECT_EQ(describe(kernel.towards(lease("192.0.2.107/25"))), "+192.0.2.107/25 -192.0.2.107/24 ");
}

TEST(NetconfDifference, WithdrawnLeaseRemovesEverythingOfOurs) {
  Kernel kernel;
  kernel.apply(kernel.towards(lease()));
  Changes changes = difference_of(Plan{}, kernel.present);
  EXPECT_EQ(describe(changes), "-r0.0.0.0/0 -192.0.2.107/24 ");
}

TEST(NetconfDifference, WhatOthersSetIsNeverRemoved) {
  Kernel kernel;
  (void)kernel.present.set_address({.link = kLink, .prefix = *parse_prefix("198.51.100.5/24")}, kNow);
  (void)kernel.present.set_address(
      {.link = kLink, .prefix = *parse_prefix("2001:db8::5/64"), .protocol = netlink::kAddressByRouter}, kNow);
  (void)kernel.present.set_route({.link = kLink,
                                  .destination = *parse_prefix("::/0"),
                                  .gateway = *parse_ip("fe80::1"),
                                  .protocol = netlink::kProtocolRouter},
                                 kNow);
  EXPECT_TRUE(difference_of(Plan{}, kernel.present).empty());
  EXPECT_EQ(kernel.present.routes().size(), 1u);
}

TEST(NetconfDifference, OtherLinksAreNotTouched) {
  Kernel kernel;
  kernel.add_link(3);
  dhcp4::Lease others = lease();
  Plan other_plan = plan_of(&others, 3);
  Changes other = difference_of(other_plan, kernel.present, 3);
  kernel.apply(other);
  EXPECT_TRUE(difference_of(Plan{}, kernel.present).empty());
  EXPECT_EQ(describe(kernel.towards(lease())), "+192.0.2.107/24 +r0.0.0.0/0 ");
}

TEST(NetconfDifference, RouteThatWentIsSetAgain) {
  Kernel kernel;
  kernel.apply(kernel.towards(lease()));
  (void)kernel.present.remove_route(netlink::Route(kernel.present.routes()[0].value.value));
  EXPECT_EQ(describe(kernel.towards(lease())), "+r0.0.0.0/0 ");
}

TEST(NetconfDifference, LostRouterRemovesTheDefaultRoute) {
  Kernel kernel;
  kernel.apply(kernel.towards(lease()));
  EXPECT_EQ(describe(kernel.towards(lease("192.0.2.107/24", ""))), "-r0.0.0.0/0 ");
}

TEST(NetconfDifference, GatewayOutsideThePrefixIsOnLink) {
  for (std::string_view address : {"203.0.113.7/32", "203.0.113.7/31", "203.0.113.7/24"}) {
    dhcp4::Lease outside = lease(address);
    Plan plan = plan_of(&outside);
    ASSERT_EQ(plan.routes.size(), 1u);
    EXPECT_EQ(plan.routes[0].value.flags, netlink::kRouteOnLink) << address;
  }
  dhcp4::Lease inside = lease("192.0.2.7/24");
  EXPECT_EQ(plan_of(&inside).routes[0].value.flags, 0u);
}

TEST(NetconfDifference, ClasslessRoutes) {
  dhcp4::Lease classless = lease("192.0.2.107/24", "");
  (void)classless.routes.push_back({ip("198.51.100.0"), 24, ip("192.0.2.2")});
  (void)classless.routes.push_back({ip("203.0.113.9"), 32, Ipv4Address{}});
  (void)classless.routes.push_back({ip("192.0.2.0"), 24, Ipv4Address{}});       // our own prefix: the kernel's business
  (void)classless.routes.push_back({ip("198.51.100.0"), 25, ip("224.0.0.1")});  // not a gateway
  (void)classless.routes.push_back({ip("198.51.100.0"), 26, ip("192.0.2.107")});  // ourselves
  Plan plan = plan_of(&classless);
  ASSERT_EQ(plan.routes.size(), 2u);
  EXPECT_TRUE(plan.routes[0].value.gateway.has_value());
  EXPECT_FALSE(plan.routes[1].value.gateway.has_value());
}

TEST(NetconfDifference, AnMtuStandsInEveryRouteAndGoesWithoutTheSubnet) {
  Kernel kernel;
  dhcp4::Lease small = lease();
  small.mtu = 1400;
  Changes changes = kernel.towards(small);
  EXPECT_EQ(describe(changes), "+192.0.2.107/24 +r192.0.2.0/24 +r0.0.0.0/0 ");
  EXPECT_EQ(std::get<SetRoute>(changes[1]).route.mtu, 1400u);
  EXPECT_EQ(std::get<SetRoute>(changes[2]).route.mtu, 1400u);
  kernel.apply(changes);
  EXPECT_TRUE(kernel.towards(small).empty());
  changes = kernel.towards(lease());
  EXPECT_EQ(describe(changes), "+r0.0.0.0/0 +r192.0.2.0/24 ");  // set anew, never removed
  EXPECT_EQ(std::get<SetRoute>(changes[1]).route.protocol, netlink::kProtocolKernel);
}

TEST(NetconfDifference, RulesAreAddedAndRemoved) {
  Kernel kernel;
  dhcp4::Lease two = lease();
  Plan plan;
  make_plan({.link = kLink, .mtu = 1500, .metric = kMetric, .lease = &two, .source_routing = SourceRouting::On},
            kernel.present, kNow, plan);
  Changes changes = difference_of(plan, kernel.present);
  EXPECT_EQ(describe(changes), "+192.0.2.107/24 +r0.0.0.0/0 +r0.0.0.0/0 +r192.0.2.0/24 +f192.0.2.107 ");
  for (const Change& change : changes)
    if (const auto* set = std::get_if<SetRoute>(&change))
      EXPECT_EQ(set->route.table == netlink::kTableMain, set->route.protocol == netlink::kProtocolDhcp);
  for (const Change& change : changes) {
    if (const auto* set = std::get_if<SetAddress>(&change)) (void)kernel.present.set_address(set->address, kNow);
    if (const auto* set = std::get_if<SetRoute>(&change)) (void)kernel.present.set_route(set->route, kNow);
    if (const auto* set = std::get_if<AddRule>(&change)) (void)kernel.present.set_rule(set->rule);
  }
  EXPECT_TRUE(difference_of(plan, kernel.present).empty());
  EXPECT_EQ(describe(kernel.towards(two)), "-f192.0.2.107 -r0.0.0.0/0 -r192.0.2.0/24 ");
}

}  // namespace
}  // namespace ck::netconf
