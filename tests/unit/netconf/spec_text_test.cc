// SPDX-License-Identifier: MIT
#include "engine/netconf/spec_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::netconf {
namespace {

TEST(NetconfSpec, EveryKindOfRecord) {
  auto spec = parse_spec(
      "# a comment, then an empty line\n\n"
      "link name=eth0 dhcp4=off dhcp6=off ra=off link-local4=off mtu=1400 metric=50 client-id=duid\n"
      "address link=eth0 address=192.0.2.5/24\n"
      "address link=eth0 address=2001:db8::5/64\n"
      "route link=eth0 destination=default gateway=192.0.2.1\n"
      "route link=eth0 destination=default6 gateway=fe80::1\n"
      "route link=eth0 destination=198.51.100.0/24\n"
      "dns link=eth0 address=192.0.2.53\n"
      "search link=eth0 name=example.org\n"
      "link mac=52:54:00:12:34:57 use=fallback rapid-commit=on ipv6-only=on\n"
      "address link=52:54:00:12:34:57 address=198.51.100.5/24\n"
      "link name=lan7 parent=eth0 vlan=7\n");
  ASSERT_TRUE(spec.has_value()) << spec.error().line << std::string(spec.error().complaint);
  ASSERT_EQ(spec->links.size(), 3u);
  const LinkSpec& first = spec->links[0];
  EXPECT_EQ(first.dhcp4, Switch::Off);
  EXPECT_EQ(first.dhcp6, Switch::Off);
  EXPECT_EQ(first.router_advertisements, Switch::Off);
  EXPECT_EQ(first.link_local4, Switch::Off);
  EXPECT_EQ(first.client_id, ClientIdKind::Duid);
  EXPECT_EQ(first.mtu, 1400u);
  EXPECT_EQ(first.metric, 50u);
  EXPECT_EQ(first.addresses.size(), 2u);
  EXPECT_EQ(first.routes.size(), 3u);
  EXPECT_EQ(first.routes[1].destination.address.family, Family::V6);
  EXPECT_FALSE(first.routes[2].gateway.has_value());
  EXPECT_EQ(first.dns.size(), 1u);
  EXPECT_EQ(first.search[0], "example.org");
  EXPECT_EQ(spec->links[1].use, StaticUse::Fallback);
  EXPECT_EQ(spec->links[1].rapid_commit, Switch::On);
  EXPECT_EQ(spec->links[1].addresses.size(), 1u);
  EXPECT_EQ(spec->links[2].vlan, 7u);
}

TEST(NetconfSpec, LinksAreFoundByNameAndByHardwareAddress) {
  auto spec = parse_spec(
      "link name=eth0\n"
      "link mac=52:54:00:12:34:57\n"
      "link name=eth2 mac=52:54:00:12:34:58\n");
  ASSERT_TRUE(spec.has_value());
  MacAddress other = *parse_mac("52:54:00:00:00:01");
  EXPECT_EQ(spec->find("eth0", other), &spec->links[0]);
  EXPECT_EQ(spec->find("eth1", *parse_mac("52:54:00:12:34:57")), &spec->links[1]);
  EXPECT_EQ(spec->find("eth2", *parse_mac("52:54:00:12:34:58")), &spec->links[2]);
  EXPECT_EQ(spec->find("eth2", other), nullptr);  // both were given: both must hold
  EXPECT_EQ(spec->find("eth9", other), nullptr);
}

struct Bad {
  const char* text;
  unsigned line;
  const char* key;
};

constexpr Bad kBad[] = {
    {"links name=eth0\n", 1, "links"},
    {"link\n", 1, "name"},
    {"link name=\n", 1, "name"},
    {"link name=with/slash\n", 1, "name"},
    {"link name=much-too-long-a-name\n", 1, "name"},
    {"link name=eth0 dhcp4=yes\n", 1, "dhcp4"},
    {"link name=eth0 dhcp4\n", 1, "dhcp4"},
    {"link name=eth0 colour=red\n", 1, "colour"},
    {"link name=eth0 mtu=100\n", 1, "mtu"},
    {"link name=eth0 metric=0\n", 1, "metric"},
    {"link name=eth0 mac=52:54\n", 1, "mac"},
    {"link name=eth0 use=often\n", 1, "use"},
    {"link name=eth0 client-id=name\n", 1, "client-id"},
    {"link name=v7 vlan=7\n", 1, "vlan"},
    {"link name=v7 parent=eth0\n", 1, "vlan"},
    {"link name=v7 parent=eth0 vlan=4095\n", 1, "vlan"},
    {"link name=v7 parent=v7 vlan=7\n", 1, "name"},
    {"link name=eth0\nlink name=eth0\n", 2, "name"},
    {"address link=eth0 address=192.0.2.5/24\n", 1, "link"},
    {"link name=eth0\n\naddress link=eth0 address=192.0.2.5/33\n", 3, "address"},
    {"link name=eth0\naddress link=eth0 address=127.0.0.1/8\n", 2, "address"},
    {"link name=eth0\naddress link=eth0 address=ff02::1/64\n", 2, "address"},
    {"link name=eth0\naddress link=eth0\n", 2, "address"},
    {"link name=eth0\nroute link=eth0 gateway=192.0.2.1\n", 2, "destination"},
    {"link name=eth0\nroute link=eth0 destination=default gateway=fe80::1\n", 2, "gateway"},
    {"link name=eth0\nroute link=eth0 destination=default gateway=0.0.0.0\n", 2, "gateway"},
    {"link name=eth0\ndns link=eth0 address=nowhere\n", 2, "address"},
    {"link name=eth0\nsearch link=eth0 name=$(reboot)\n", 2, "name"},
    {"link name=eth0\nsearch link=eth0 address=192.0.2.1\n", 2, "address"},
};

TEST(NetconfSpec, ErrorsNameTheLineAndTheKey) {
  for (const Bad& bad : kBad) {
    auto spec = parse_spec(bad.text);
    ASSERT_FALSE(spec.has_value()) << bad.text;
    EXPECT_EQ(spec.error().line, bad.line) << bad.text;
    EXPECT_EQ(spec.error().key, bad.key) << bad.text;
    EXPECT_FALSE(spec.error().complaint.empty()) << bad.text;
  }
}

TEST(NetconfSpec, FullListsAreSaid) {
  std::string text = "link name=eth0\n";
  for (int i = 0; i < 9; ++i) text += "address link=eth0 address=192.0.2." + std::to_string(i + 1) + "/24\n";
  auto spec = parse_spec(text);
  ASSERT_FALSE(spec.has_value());
  EXPECT_EQ(spec.error().line, 10u);
  text.clear();
  for (int i = 0; i < 17; ++i) text += "link name=eth" + std::to_string(i) + "\n";
  EXPECT_EQ(parse_spec(text).error().line, 17u);
}

}  // namespace
}  // namespace ck::netconf
