// SPDX-License-Identifier: MIT
#include "engine/netconf/plan.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/netconf/spec_text.h"
#include "wire/netlink/constants.h"

namespace ck::netconf {
namespace {

constexpr TimePoint kNow = from_ms(1'000'000);

dhcp4::Lease lease() {
  dhcp4::Lease lease;
  lease.address = *parse_prefix("192.0.2.107/24");
  lease.server = *parse_ipv4("192.0.2.1");
  (void)lease.routers.push_back(*parse_ipv4("192.0.2.1"));
  (void)lease.dns.push_back(*parse_ipv4("192.0.2.53"));
  lease.renew_at = kNow + 1800s;
  lease.rebind_at = kNow + 3150s;
  lease.expires_at = kNow + 3600s;
  return lease;
}

dhcp6::Lease lease6() {
  dhcp6::Lease lease;
  (void)lease.addresses.push_back({*parse_ipv6("2001:db8:1::107"), kNow + 100s, kNow + 200s});
  lease.server_address = *parse_ipv6("fe80::2");
  lease.renew_at = kNow + 50s;
  return lease;
}

std::string describe(const Plan& plan) {
  std::string text;
  auto put = [&](auto what, const Origin& origin) {
    text += std::string(what.view()) + "(" + std::string(name_of(origin.source)) + ") ";
  };
  for (const PlannedAddress& address : plan.addresses) put(to_text(address.value.prefix), address.origin);
  for (const PlannedRoute& route : plan.routes) {
    put(to_text(route.value.destination), route.origin);
    if (route.value.table != netlink::kTableMain) text.insert(text.size() - 1, "@own");
  }
  for (const PlannedServer& dns : plan.dns) put(to_text(dns.address), dns.origin);
  return text;
}

struct Case {
  const char* name;
  const char* spec;
  bool leased;
  bool leased6;
  bool link_local;
  const char* plan;
};

constexpr Case kCases[] = {
    {"nothing", "link name=eth0\n", false, false, false, ""},
    {"a lease", "link name=eth0\n", true, false, false, "192.0.2.107/24(dhcp) 0.0.0.0/0(dhcp) 192.0.2.53(dhcp) "},
    {"both leases", "link name=eth0\n", true, true, false,
     "192.0.2.107/24(dhcp) 2001:db8:1::107/128(dhcp6) 0.0.0.0/0(dhcp) 192.0.2.53(dhcp) "},
    {"link-local", "link name=eth0\n", false, false, true, "169.254.7.7/16(link-local) "},
    {"static before the lease",
     "link name=eth0\naddress link=eth0 address=198.51.100.5/24\n"
     "route link=eth0 destination=default gateway=198.51.100.1\ndns link=eth0 address=198.51.100.53\n",
     true, false, false, "198.51.100.5/24(static) 192.0.2.107/24(dhcp) 0.0.0.0/0(static) 198.51.100.53(static) "},
    {"fallback without a lease",
     "link name=eth0 use=fallback\naddress link=eth0 address=198.51.100.5/24\n"
     "route link=eth0 destination=default gateway=198.51.100.1\n",
     false, false, false, "198.51.100.5/24(static) 0.0.0.0/0(static) "},
    {"fallback with one",
     "link name=eth0 use=fallback\naddress link=eth0 address=198.51.100.5/24\n"
     "route link=eth0 destination=default gateway=198.51.100.1\n",
     true, false, false, "192.0.2.107/24(dhcp) 0.0.0.0/0(dhcp) 192.0.2.53(dhcp) "},
};

TEST(NetconfPlan, SourcesMergeByPriority) {
  dhcp4::Lease four = lease();
  dhcp6::Lease six = lease6();
  for (const Case& one : kCases) {
    auto spec = parse_spec(one.spec);
    ASSERT_TRUE(spec.has_value()) << one.name;
    Offers offers{.link = 2, .mtu = 1500, .metric = 102, .spec = &spec->links[0]};
    if (one.leased) offers.lease = &four;
    if (one.leased6) offers.lease6 = &six;
    if (one.link_local) offers.link_local = Ipv4Address{0xa9fe0707};
    Plan plan;
    make_plan(offers, Present{}, kNow, plan);
    EXPECT_EQ(describe(plan), one.plan) << one.name;
  }
}

std::string describe_names(const Plan& plan) {
  std::string text;
  for (const PlannedServer& dns : plan.dns)
    text.append(to_text(dns.address)).append("(").append(name_of(dns.origin.source)).append(") ");
  for (const PlannedDomain& domain : plan.domains)
    text.append(domain.name.view()).append("(").append(name_of(domain.origin.source)).append(") ");
  return text;
}

// Each of the two by itself. What is a fallback replaces nothing while there is a lease.
TEST(NetconfPlan, NameServersAndDomainsByHandReplaceThoseThatAreLearnt) {
  struct Names {
    const char* spec;
    bool leased;
    const char* names;
  };
  constexpr Names kNames[] = {
      {"link name=eth0\n", true,
       "192.0.2.53(dhcp) 2001:db8:1::53(dhcp6) four.example(dhcp) more.example(dhcp) six.example(dhcp6) "},
      {"link name=eth0\ndns link=eth0 address=198.51.100.53\n", true,
       "198.51.100.53(static) four.example(dhcp) more.example(dhcp) six.example(dhcp6) "},
      {"link name=eth0\nsearch link=eth0 name=own.example\n", true,
       "192.0.2.53(dhcp) 2001:db8:1::53(dhcp6) own.example(static) "},
      {"link name=eth0\ndns link=eth0 address=198.51.100.53\nsearch link=eth0 name=own.example\n", true,
       "198.51.100.53(static) own.example(static) "},
      {"link name=eth0\ndns link=eth0 address=192.0.2.53\nsearch link=eth0 name=four.example\n", true,
       "192.0.2.53(static) four.example(static) "},
      {"link name=eth0 use=fallback\ndns link=eth0 address=198.51.100.53\nsearch link=eth0 name=own.example\n", true,
       "192.0.2.53(dhcp) 2001:db8:1::53(dhcp6) four.example(dhcp) more.example(dhcp) six.example(dhcp6) "},
      {"link name=eth0 use=fallback\ndns link=eth0 address=198.51.100.53\nsearch link=eth0 name=own.example\n", false,
       "198.51.100.53(static) own.example(static) "},
  };
  dhcp4::Lease four = lease();
  four.domain = "four.example";
  (void)four.search.push_back("more.example");
  dhcp6::Lease six = lease6();
  (void)six.information.dns.push_back(*parse_ipv6("2001:db8:1::53"));
  (void)six.information.search.push_back("six.example");
  for (const Names& one : kNames) {
    auto spec = parse_spec(one.spec);
    ASSERT_TRUE(spec.has_value()) << one.spec;
    Plan plan;
    make_plan({.link = 2,
               .mtu = 1500,
               .metric = 102,
               .spec = &spec->links[0],
               .lease = one.leased ? &four : nullptr,
               .lease6 = &six,
               .information6 = &six.information},
              Present{}, kNow, plan);
    EXPECT_EQ(describe_names(plan), one.names) << one.spec;
    EXPECT_EQ(plan.addresses.size(), one.leased ? 2u : 1u) << one.spec;  // all else is as ever
  }
}

TEST(NetconfPlan, TimeAndLogServersOfBothLeasesAreKeptOnce) {
  dhcp4::Lease four = lease();
  for (const char* server : {"192.0.2.123", "192.0.2.124", "192.0.2.123"})
    (void)four.ntp.push_back(*parse_ipv4(server));
  (void)four.log_servers.push_back(*parse_ipv4("192.0.2.14"));
  dhcp6::Lease six = lease6();
  (void)six.information.ntp.push_back(*parse_ipv6("2001:db8:1::123"));
  Plan plan;
  make_plan({.link = 2, .mtu = 1500, .metric = 102, .lease = &four, .lease6 = &six, .information6 = &six.information},
            Present{}, kNow, plan);
  std::string told;
  for (const PlannedServer& server : plan.ntp)
    told += std::string(to_text(server.address).view()) + "(" + std::string(name_of(server.origin.source)) + ") ";
  EXPECT_EQ(told, "192.0.2.123(dhcp) 192.0.2.124(dhcp) 2001:db8:1::123(dhcp6) ");
  ASSERT_EQ(plan.log_servers.size(), 1u);
  EXPECT_EQ(to_text(plan.log_servers[0].address).view(), "192.0.2.14");
}

TEST(NetconfPlan, LifetimesAndServersAreThoseOfTheLease) {
  dhcp6::Lease six = lease6();
  Plan plan;
  make_plan({.link = 2, .mtu = 1500, .metric = 102, .lease6 = &six, .lease6_since = kNow - 5s}, Present{}, kNow, plan);
  ASSERT_EQ(plan.addresses.size(), 1u);
  EXPECT_EQ(plan.addresses[0].value.lifetimes.preferred, 100u);
  EXPECT_EQ(plan.addresses[0].value.lifetimes.valid, 200u);
  EXPECT_EQ(plan.addresses[0].origin.since, kNow - 5s);
  EXPECT_EQ(plan.addresses[0].origin.server, IpAddress(*parse_ipv6("fe80::2")));
}

TEST(NetconfPlan, GatewaysOutsideEveryPrefixAreOnLink) {
  auto spec = parse_spec(
      "link name=eth0\naddress link=eth0 address=203.0.113.7/32\naddress link=eth0 address=2001:db8::7/128\n"
      "route link=eth0 destination=default gateway=192.0.2.1\nroute link=eth0 destination=default6 "
      "gateway=2001:db8:9::1\n"
      "route link=eth0 destination=2001:db8:8::/48 gateway=fe80::1\n");
  ASSERT_TRUE(spec.has_value());
  Plan plan;
  make_plan({.link = 2, .mtu = 1500, .metric = 102, .spec = &spec->links[0]}, Present{}, kNow, plan);
  ASSERT_EQ(plan.routes.size(), 3u);
  EXPECT_EQ(plan.routes[0].value.flags, netlink::kRouteOnLink);
  EXPECT_EQ(plan.routes[1].value.flags, netlink::kRouteOnLink);
  EXPECT_EQ(plan.routes[2].value.flags, 0u);
}

TEST(NetconfPlan, AnMtuThatHelpsNobodyIsLeftOut) {
  for (uint16_t mtu : std::initializer_list<uint16_t>{68, 575, 1500, 9000}) {
    dhcp4::Lease four = lease();
    four.mtu = mtu;
    Plan plan;
    make_plan({.link = 2, .mtu = 1500, .metric = 102, .lease = &four}, Present{}, kNow, plan);
    for (const PlannedRoute& route : plan.routes) EXPECT_EQ(route.value.mtu, 0u) << mtu;
  }
}

TEST(NetconfPlan, TheOwnTableHoldsWhatTheLinkReaches) {
  Present present;
  (void)present.set_link({.index = 2, .name = "eth0"});
  (void)present.set_address(
      {.link = 2, .prefix = *parse_prefix("2001:db8:1::5/64"), .protocol = netlink::kAddressByRouter}, kNow);
  (void)present.set_address({.link = 2, .prefix = *parse_prefix("fe80::5/64")}, kNow);
  (void)present.set_route({.link = 2,
                           .destination = *parse_prefix("::/0"),
                           .gateway = *parse_ip("fe80::1"),
                           .metric = 1024,
                           .protocol = netlink::kProtocolRouter},
                          kNow);
  dhcp4::Lease four = lease();
  Plan plan;
  make_plan({.link = 2, .mtu = 1500, .metric = 102, .lease = &four, .source_routing = SourceRouting::On}, present, kNow,
            plan);
  ASSERT_EQ(plan.rules.size(), 2u);
  EXPECT_EQ(plan.rules[0].source, IpAddress(*parse_ipv4("192.0.2.107")));
  EXPECT_EQ(plan.rules[1].source, IpAddress(*parse_ipv6("2001:db8:1::5")));
  EXPECT_EQ(plan.rules[0].table, kTableBase + 2);
  EXPECT_EQ(describe(plan),
            "192.0.2.107/24(dhcp) 0.0.0.0/0(dhcp) 0.0.0.0/0(dhcp)@own 192.0.2.0/24(static)@own "
            "2001:db8:1::/64(static)@own fe80::/64(static)@own ::/0(static)@own 192.0.2.53(dhcp) ");
}

TEST(NetconfPlan, TheFasterLinkLeads) {
  EXPECT_LT(metric_of(3, 0), metric_of(2, 1000));  // a virtual card does not know its speed
  EXPECT_LT(metric_of(3, 10'000), metric_of(2, 1000));
  EXPECT_LT(metric_of(3, 1000), metric_of(2, 100));
  EXPECT_LT(metric_of(3, 100), metric_of(2, 10));
  EXPECT_LT(metric_of(2, 1000), metric_of(3, 1000));
}

}  // namespace
}  // namespace ck::netconf
