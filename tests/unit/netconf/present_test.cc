// SPDX-License-Identifier: MIT
#include "engine/netconf/present.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/netconf/policy.h"
#include "engine/netconf/router_dns.h"
#include "wire/netlink/constants.h"

namespace ck::netconf {
namespace {

constexpr TimePoint kNow = from_ms(1'000'000);

netlink::Link link(uint32_t index) { return {.index = index, .name = "eth0", .hardware = 1, .has_mac = true}; }
netlink::Address address(uint32_t link, std::string_view prefix, uint32_t valid = netlink::kForever) {
  return {.link = link, .prefix = *parse_prefix(prefix), .lifetimes = {valid, valid}};
}

TEST(NetconfPresent, LinksAreAddedChangedAndLeft) {
  Present present;
  EXPECT_EQ(present.set_link(link(2)), Update::Added);
  EXPECT_EQ(present.set_link(link(2)), Update::Same);
  netlink::Link up = link(2);
  up.flags = netlink::kLinkUp;
  EXPECT_EQ(present.set_link(up), Update::Changed);
  EXPECT_TRUE(present.remove_link(2));
  EXPECT_FALSE(present.remove_link(2));
}

TEST(NetconfPresent, TooManyLinksAreSaid) {
  Present present;
  for (uint32_t i = 1; i <= kMaxLinks; ++i) EXPECT_EQ(present.set_link(link(i)), Update::Added);
  EXPECT_EQ(present.set_link(link(99)), Update::Full);
  EXPECT_EQ(present.left_out(), 1u);
}

TEST(NetconfPresent, ALinkTakesItsAddressesAndRoutesAlong) {
  Present present;
  (void)present.set_link(link(2));
  (void)present.set_link(link(3));
  (void)present.set_address(address(2, "192.0.2.1/24"), kNow);
  (void)present.set_address(address(3, "192.0.2.2/24"), kNow);
  (void)present.set_route({.link = 2, .destination = *parse_prefix("0.0.0.0/0"), .protocol = netlink::kProtocolDhcp},
                          kNow);
  EXPECT_TRUE(present.remove_link(2));
  ASSERT_EQ(present.addresses().size(), 1u);
  EXPECT_EQ(present.addresses()[0].value.value.link, 3u);
  EXPECT_TRUE(present.routes().empty());
}

TEST(NetconfPresent, AddressesOfUnknownLinksAreNotKept) {
  Present present;
  EXPECT_EQ(present.set_address(address(9, "192.0.2.1/24"), kNow), Update::Same);
  EXPECT_TRUE(present.addresses().empty());
}

TEST(NetconfPresent, ALifetimeThatJustRunsDownIsNoChange) {
  Present present;
  (void)present.set_link(link(2));
  EXPECT_EQ(present.set_address(address(2, "2001:db8::1/64", 3600), kNow), Update::Added);
  EXPECT_EQ(present.set_address(address(2, "2001:db8::1/64", 3590), kNow + 10s), Update::Same);
  EXPECT_EQ(present.set_address(address(2, "2001:db8::1/64", 3600), kNow + 10s), Update::Changed);
  EXPECT_EQ(present.addresses()[0].value.since, kNow);
  EXPECT_EQ(present.addresses()[0].value.valid_until, kNow + 3610s);
}

TEST(NetconfPresent, OnlyRoutesOfInterestAreKept) {
  netlink::Route route{.link = 2, .destination = *parse_prefix("::/0"), .protocol = netlink::kProtocolRouter};
  EXPECT_TRUE(is_of_interest(route));
  route.table = 255;
  EXPECT_FALSE(is_of_interest(route));
  route.protocol = netlink::kProtocolDhcp;
  EXPECT_TRUE(is_of_interest(route));  // in the link's own table, too
  route.protocol = netlink::kProtocolKernel;
  EXPECT_FALSE(is_of_interest(route));
}

TEST(NetconfPresent, ARouteKeepsItsAgeAndItsEnd) {
  Present present;
  (void)present.set_link(link(2));
  netlink::Route route{.link = 2,
                       .destination = *parse_prefix("::/0"),
                       .gateway = *parse_ip("fe80::1"),
                       .protocol = netlink::kProtocolRouter,
                       .lifetime_seconds = 1800};
  EXPECT_EQ(present.set_route(route, kNow), Update::Added);
  route.lifetime_seconds = 1790;
  EXPECT_EQ(present.set_route(route, kNow + 10s), Update::Same);
  route.lifetime_seconds = 1800;
  EXPECT_EQ(present.set_route(route, kNow + 10s), Update::Changed);
  EXPECT_EQ(present.routes()[0].value.since, kNow);
  EXPECT_EQ(present.routes()[0].value.valid_until, kNow + 1810s);
  EXPECT_TRUE(present.remove_route(route));
}

TEST(NetconfPresent, ADumpDropsWhatItDoesNotShow) {
  Present present;
  for (uint32_t i = 2; i <= 4; ++i) {
    (void)present.set_link(link(i));
    (void)present.set_address(address(i, "192.0.2.1/24"), kNow);
  }
  present.begin_dump(netlink::Table::Links);
  (void)present.set_link(link(3));
  std::vector<uint32_t> gone;
  EXPECT_TRUE(present.end_link_dump([&](uint32_t index) { gone.push_back(index); }));
  EXPECT_EQ(gone.size(), 2u);
  ASSERT_EQ(present.links().size(), 1u);
  EXPECT_EQ(present.links()[0].value.index, 3u);
  EXPECT_EQ(present.addresses().size(), 1u);
  present.begin_dump(netlink::Table::Addresses);
  EXPECT_TRUE(present.end_address_dump());
  EXPECT_FALSE(present.end_address_dump());
}

TEST(NetconfPolicy, KindsAndPortsAreLeftAloneUnlessNamed) {
  const netlink::LinkName named[] = {"veth9"};
  EXPECT_TRUE(is_managed(link(2), {}));
  netlink::Link veth = link(2);
  veth.kind = "veth";
  EXPECT_FALSE(is_managed(veth, named));
  veth.name = "veth9";
  EXPECT_TRUE(is_managed(veth, named));
  netlink::Link port = link(2);
  port.master = 7;
  EXPECT_FALSE(is_managed(port, {}));
  netlink::Link other = link(2);
  other.hardware = 772;  // ARPHRD_LOOPBACK
  EXPECT_FALSE(is_managed(other, {}));
  netlink::Link bare = link(2);
  bare.has_mac = false;
  EXPECT_FALSE(is_managed(bare, {}));
}

TEST(NetconfPolicy, StableSecretsAreStableAndDiffer) {
  EXPECT_EQ(stable_secret("52:54:00:12:34:56"), stable_secret("52:54:00:12:34:56"));
  EXPECT_NE(stable_secret("52:54:00:12:34:56"), stable_secret("52:54:00:12:34:57"));
}

netlink::RouterDns option(uint32_t lifetime, std::initializer_list<const char*> servers) {
  netlink::RouterDns option{.link = 2, .lifetime_seconds = lifetime};
  for (const char* server : servers) (void)option.servers.push_back(*parse_ipv6(server));
  return option;
}

TEST(NetconfRouterDns, LearnsRefreshesAndForgets) {
  RouterDns dns;
  EXPECT_TRUE(dns.learn(option(60, {"2001:db8::1"}), kNow));
  EXPECT_FALSE(dns.learn(option(90, {"2001:db8::1"}), kNow));  // a new lifetime is no change
  EXPECT_EQ(dns.next_expiry(), kNow + 90s);
  EXPECT_FALSE(dns.expire(kNow + 89s));
  EXPECT_TRUE(dns.expire(kNow + 90s));
  EXPECT_TRUE(dns.servers().empty());
  EXPECT_EQ(dns.next_expiry(), kNever);
}

TEST(NetconfRouterDns, KeepsNat64PrefixesToo) {
  RouterDns dns;
  netlink::RouterDns nat64{.link = 2, .lifetime_seconds = 600, .nat64 = *parse_prefix("64:ff9b::/96")};
  nat64.router = *parse_ipv6("fe80::1");
  EXPECT_TRUE(dns.learn(nat64, kNow));
  EXPECT_FALSE(dns.learn(nat64, kNow + 1s));
  ASSERT_EQ(dns.nat64().size(), 1u);
  EXPECT_EQ(dns.nat64()[0].since, kNow);
  EXPECT_EQ(dns.next_expiry(), kNow + 601s);
  EXPECT_TRUE(dns.expire(kNow + 601s));
  EXPECT_TRUE(dns.nat64().empty());
}

TEST(NetconfRouterDns, LifetimeZeroWithdraws) {
  RouterDns dns;
  (void)dns.learn(option(60, {"2001:db8::1", "2001:db8::2"}), kNow);
  EXPECT_TRUE(dns.learn(option(0, {"2001:db8::1"}), kNow));
  ASSERT_EQ(dns.servers().size(), 1u);
  EXPECT_EQ(to_text(dns.servers()[0].address).view(), "2001:db8::2");
}

TEST(NetconfRouterDns, AFloodNeitherGrowsNorChurnsTheTable) {
  RouterDns dns;
  (void)dns.learn(option(60, {"2001:db8::1", "2001:db8::2", "2001:db8::3"}), kNow);
  for (uint32_t i = 0; i < 10'000; ++i) {
    netlink::RouterDns flood{.link = 2, .lifetime_seconds = 9999};
    Ipv6Address address = *parse_ipv6("2001:db8:ffff::");
    address.octets[14] = static_cast<uint8_t>(i >> 8);
    address.octets[15] = static_cast<uint8_t>(i);
    (void)flood.servers.push_back(address);
    EXPECT_FALSE(dns.learn(flood, kNow));
  }
  EXPECT_EQ(dns.servers().size(), RouterDns::kPerLink);
  EXPECT_TRUE(dns.forget_link(2));
  EXPECT_FALSE(dns.forget_link(2));
}

}  // namespace
}  // namespace ck::netconf
