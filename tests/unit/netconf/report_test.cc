// SPDX-License-Identifier: MIT
#include "engine/netconf/report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/netlink/constants.h"

namespace ck::netconf {
namespace {

constexpr TimePoint kNow = from_ms(1'000'000);

struct World {
  World() {
    netlink::Link eth0{.index = 2, .name = "eth0", .hardware = 1, .flags = 0x11043, .mtu = 1500, .has_mac = true};
    eth0.mac = *parse_mac("52:54:00:12:34:56");
    (void)present.set_link(eth0);
    lease.address = *parse_prefix("192.0.2.107/24");
    lease.server = *parse_ipv4("192.0.2.1");
    lease.domain = "example.org";
    (void)lease.search.push_back("example.org");
    (void)lease.search.push_back("lab.example.org");
    (void)lease.dns.push_back(*parse_ipv4("192.0.2.53"));
    lease.renew_at = from_ms(2'000'000);
    (void)present.set_address(
        {.link = 2, .prefix = lease.address, .protocol = netlink::kProtocolDhcp, .lifetimes = {3600, 3600}}, kNow);
    (void)present.set_address({.link = 2,
                               .prefix = *parse_prefix("2001:db8::5/64"),
                               .flags = netlink::kAddressTentative | netlink::kAddressOptimistic,
                               .protocol = netlink::kAddressByRouter,
                               .lifetimes = {100, 200}},
                              kNow);
    (void)present.set_address(
        {.link = 2, .prefix = *parse_prefix("fe80::5/64"), .flags = netlink::kAddressPermanent, .scope = 253}, kNow);
    (void)present.set_route({.link = 2,
                             .destination = *parse_prefix("0.0.0.0/0"),
                             .gateway = *parse_ip("192.0.2.1"),
                             .source = lease.address.address,
                             .metric = 102,
                             .protocol = netlink::kProtocolDhcp},
                            kNow);
    (void)present.set_route({.link = 2,
                             .destination = *parse_prefix("::/0"),
                             .gateway = *parse_ip("fe80::1"),
                             .metric = 1024,
                             .protocol = netlink::kProtocolRouter,
                             .lifetime_seconds = 1800},
                            kNow);
    netlink::RouterDns option{.link = 2, .lifetime_seconds = 600};
    option.router = *parse_ipv6("fe80::1");
    (void)option.servers.push_back(*parse_ipv6("fe80::1"));
    (void)option.servers.push_back(*parse_ipv6("2001:db8::53"));
    (void)option.domains.push_back("example.org");
    (void)dns.learn(option, kNow);
    (void)lease.routers.push_back(*parse_ipv4("192.0.2.1"));
    lease.expires_at = kNow + 3600s;
    replan(&lease);
  }
  void replan(const dhcp4::Lease* offered) {
    make_plan({.link = 2, .mtu = 1500, .metric = 102, .lease = offered, .lease_since = from_ms(900'000)}, present, kNow,
              plan);
    report = {.link = &present.links()[0].value, .driver = "virtio_net", .dhcp4 = dhcp4::State::Bound, .plan = &plan};
  }
  std::string resolver(const RouterDns& router_dns) const {
    char buffer[1024];
    TextWriter out(buffer);
    Resolver resolver;
    resolver.add(report, router_dns);
    resolver.write(out);
    return std::string(out.view());
  }
  Present present;
  RouterDns dns;
  dhcp4::Lease lease;
  Plan plan;
  LinkReport report;
};

TEST(NetconfReport, StateFile) {
  World world;
  char buffer[4096];
  state::RecordWriter out(buffer);
  write_link(world.report, world.present, world.dns, out);
  write_routes(world.report, world.present, RouteKind::Gateway, out);
  write_routes(world.report, world.present, RouteKind::Other, out);
  EXPECT_EQ(
      out.view(),
      "link index=2 name=eth0 mac=52:54:00:12:34:56 flags=BROADCAST,MULTICAST,UP,LOWER_UP mtu=1500 driver=virtio_net "
      "dhcp4=bound dhcp6=down\n"
      "address link=2 family=inet address=192.0.2.107/24 scope=global flags= source=dhcp server=192.0.2.1 "
      "since-ms=900000 renew-ms=2000000 valid-ms=4600000\n"
      "address link=2 family=inet6 address=2001:db8::5/64 scope=global flags=tentative,optimistic source=slaac "
      "since-ms=1000000 valid-ms=1200000\n"
      "address link=2 family=inet6 address=fe80::5/64 scope=link flags= source=link since-ms=1000000\n"
      "dns link=2 address=192.0.2.53 source=dhcp server=192.0.2.1 since-ms=900000 renew-ms=2000000 valid-ms=4600000\n"
      "dns link=2 address=fe80::1 source=ra server=fe80::1 since-ms=1000000 valid-ms=1600000\n"
      "dns link=2 address=2001:db8::53 source=ra server=fe80::1 since-ms=1000000 valid-ms=1600000\n"
      "domain link=2 name=example.org source=dhcp server=192.0.2.1 since-ms=900000 renew-ms=2000000 valid-ms=4600000\n"
      "domain link=2 name=lab.example.org source=dhcp server=192.0.2.1 since-ms=900000 renew-ms=2000000 "
      "valid-ms=4600000\n"
      "domain link=2 name=example.org source=ra server=fe80::1 since-ms=1000000 valid-ms=1600000\n"
      "gateway link=2 address=192.0.2.1 metric=102 source=dhcp server=192.0.2.1 since-ms=900000 renew-ms=2000000 "
      "valid-ms=4600000\n"
      "gateway link=2 address=fe80::1 metric=1024 source=ra server=fe80::1 since-ms=1000000 valid-ms=2800000\n");
}

TEST(NetconfReport, RoutesFromAnybodyDoNotCrowdOutWhatOthersNeed) {
  World world;
  Ipv6Address destination = *parse_ipv6("2001:db8:ffff::");
  for (size_t i = 0; i < kMaxRoutes; ++i) {
    destination.octets[6] = static_cast<uint8_t>(i);
    (void)world.present.set_route({.link = 2,
                                   .destination = {.address = destination, .length = 64},
                                   .gateway = *parse_ip("fe80::1"),
                                   .metric = 1024,
                                   .protocol = netlink::kProtocolRouter},
                                  kNow);
  }
  std::vector<char> buffer(state::kMaxFile);
  state::RecordWriter out(buffer);
  write_link(world.report, world.present, world.dns, out);
  for (RouteKind kind : {RouteKind::Gateway, RouteKind::Other}) write_routes(world.report, world.present, kind, out);
  for (std::string_view needed : {"\ndns link=2 address=2001:db8::53 ", "\ndomain link=2 name=lab.example.org ",
                                  "\ngateway link=2 address=192.0.2.1 ", "\nroute link=2 destination=2001:db8:ffff:"})
    EXPECT_NE(out.view().find(needed), std::string_view::npos) << needed;
}

TEST(NetconfReport, TimeAndLogServersAreTold) {
  World world;
  (void)world.lease.ntp.push_back(*parse_ipv4("192.0.2.123"));
  (void)world.lease.log_servers.push_back(*parse_ipv4("192.0.2.14"));
  world.replan(&world.lease);
  char buffer[4096];
  state::RecordWriter out(buffer);
  write_link(world.report, world.present, world.dns, out);
  constexpr std::string_view kEnd =
      "ntp link=2 address=192.0.2.123 source=dhcp server=192.0.2.1 since-ms=900000 renew-ms=2000000 valid-ms=4600000\n"
      "log-server link=2 address=192.0.2.14 source=dhcp server=192.0.2.1 since-ms=900000 renew-ms=2000000 "
      "valid-ms=4600000\n";
  EXPECT_TRUE(out.view().ends_with(kEnd)) << out.view();
}

TEST(NetconfReport, WhoElseUsesAnAddressIsTold) {
  World world;
  const Contest contests[] = {
      {.address = *parse_ipv4("192.0.2.107"), .by = *parse_mac("02:00:00:00:00:99"), .at = from_ms(990'000)}};
  world.report.contests = contests;
  char buffer[4096];
  state::RecordWriter out(buffer);
  write_link(world.report, world.present, world.dns, out);
  std::string text(out.view());
  size_t found = text.find(" also-used-by=02:00:00:00:00:99 conflict-ms=990000\n");
  ASSERT_NE(found, std::string::npos) << text;
  EXPECT_NE(text.substr(0, found).rfind("address=192.0.2.107/24"), std::string::npos);
  EXPECT_EQ(text.find("also-used-by", found + 2), std::string::npos);
}

TEST(NetconfReport, CountersAndWhatIsSwitchedOff) {
  World world;
  dhcp4::Counters counters{.sent = 7, .received = 3, .conflicts = 1};
  LinkSpec spec{.name = "eth0", .dhcp6 = Switch::Off};
  world.report.counters4 = &counters;
  world.report.spec = &spec;
  char buffer[4096];
  state::RecordWriter out(buffer);
  write_link(world.report, world.present, world.dns, out);
  EXPECT_NE(out.view().find(" dhcp4=bound dhcp6=off\n"), std::string_view::npos);
  EXPECT_NE(out.view().find("\ncounters link=2 dhcp4-sent=7 dhcp4-received=3 dhcp4-conflicts=1\n"),
            std::string_view::npos);
}

TEST(NetconfReport, ResolverHasThreeServersAndNoNameTwice) {
  World world;
  (void)world.lease.dns.push_back(*parse_ipv4("192.0.2.54"));
  world.replan(&world.lease);
  EXPECT_EQ(world.resolver(world.dns),
            "search example.org lab.example.org\n"
            "nameserver 192.0.2.53\n"
            "nameserver 192.0.2.54\n"
            "nameserver fe80::1%eth0\n");
}

// Of this link alone, and each of the two by itself. NAT64 prefixes stay: nobody gives them by hand.
TEST(NetconfReport, NameServersAndDomainsByHandReplaceThoseOfRouters) {
  World world;
  netlink::Link eth1{.index = 3, .name = "eth1", .hardware = 1, .mtu = 1500, .has_mac = true};
  (void)world.present.set_link(eth1);
  for (uint32_t link : {2u, 3u}) {
    netlink::RouterDns option{.link = link, .lifetime_seconds = 600};
    (void)option.servers.push_back(*parse_ipv6(link == 2 ? "2001:db8::2:53" : "2001:db8::3:53"));
    (void)option.domains.push_back(link == 2 ? "two.example" : "three.example");
    option.nat64 = *parse_prefix("64:ff9b::/96");
    (void)world.dns.learn(option, kNow);
  }
  LinkSpec own_dns{.name = "eth0"};
  (void)own_dns.dns.push_back(*parse_ip("198.51.100.53"));
  LinkSpec own_search{.name = "eth0"};
  (void)own_search.search.push_back("own.example");
  LinkSpec both = own_dns;
  both.search = own_search.search;

  struct Case {
    const LinkSpec* spec;
    const char* told;
    const char* resolver;
  };
  const Case cases[] = {
      {&own_dns, "dns 198.51.100.53, domain example.org, domain two.example, nat64 64:ff9b::/96, ",
       "search example.org two.example three.example\nnameserver 198.51.100.53\nnameserver 2001:db8::3:53\n"},
      {&own_search, "dns fe80::1, dns 2001:db8::53, dns 2001:db8::2:53, domain own.example, nat64 64:ff9b::/96, ",
       "search own.example three.example\nnameserver fe80::1%eth0\nnameserver 2001:db8::53\n"
       "nameserver 2001:db8::2:53\n"},
      {&both, "dns 198.51.100.53, domain own.example, nat64 64:ff9b::/96, ",
       "search own.example three.example\nnameserver 198.51.100.53\nnameserver 2001:db8::3:53\n"},
  };
  for (const Case& one : cases) {
    make_plan({.link = 2, .mtu = 1500, .metric = 102, .spec = one.spec}, world.present, kNow, world.plan);
    Plan other;
    make_plan({.link = 3, .mtu = 1500, .metric = 103}, world.present, kNow, other);
    LinkReport second{.link = &world.present.links()[1].value, .driver = "virtio_net", .plan = &other};

    char buffer[4096];
    state::RecordWriter out(buffer);
    write_link(world.report, world.present, world.dns, out);
    std::string told;
    state::RecordReader reader(out.view());
    while (auto record = reader.next())
      for (std::string_view kind_and_key : {"dns address", "domain name", "nat64 prefix"}) {
        size_t space = kind_and_key.find(' ');
        if (record->kind() != kind_and_key.substr(0, space)) continue;
        told.append(record->kind()).append(" ");
        told.append(record->raw(kind_and_key.substr(space + 1)).value_or("")).append(", ");
      }
    EXPECT_EQ(told, one.told);

    char text[1024];
    TextWriter written(text);
    Resolver resolver;
    resolver.add(world.report, world.dns);
    resolver.add(second, world.dns);
    resolver.write(written);
    EXPECT_EQ(written.view(), one.resolver);
  }
}

TEST(NetconfReport, NothingKnownIsAnEmptyResolver) {
  World world;
  world.replan(nullptr);
  EXPECT_EQ(world.resolver(RouterDns{}), "");
}

TEST(NetconfReport, LinkFlagsAsIpAddressPrintsThem) {
  auto flags = [](uint32_t bits) {
    char buffer[160];
    TextWriter out(buffer);
    write_link_flags(bits, out);
    return std::string(out.view());
  };
  EXPECT_EQ(flags(0x1003), "NO-CARRIER,BROADCAST,MULTICAST,UP");
  EXPECT_EQ(flags(0x1002), "BROADCAST,MULTICAST");
  EXPECT_EQ(flags(0x10049), "LOOPBACK,UP,LOWER_UP");
}

// A report larger than the file keeps whole records.
TEST(NetconfReport, WhatDoesNotFitIsLeftOutByWholeRecords) {
  World world;
  for (size_t size = 0; size < 1200; size += 7) {
    std::vector<char> buffer(size);
    state::RecordWriter out(buffer);
    write_link(world.report, world.present, world.dns, out);
    EXPECT_TRUE(out.view().empty() || out.view().back() == '\n');
  }
}

}  // namespace
}  // namespace ck::netconf
