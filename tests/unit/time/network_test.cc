// SPDX-License-Identifier: MIT
#include "engine/time/network.h"

#include <gtest/gtest.h>

namespace ck::timekeeping {
namespace {

TEST(TimeNetwork, ServersThatLeasesNameAreReadOnce) {
  Network network = read_network(
      "link index=2 name=eth0\n"
      "address link=2 family=inet address=192.0.2.107/24 source=dhcp\n"
      "gateway link=2 address=192.0.2.1 metric=102\n"
      "dns link=2 address=192.0.2.53\n"
      "ntp link=2 address=192.0.2.123 source=dhcp server=192.0.2.1\n"
      "ntp link=3 address=192.0.2.123 source=dhcp server=192.0.2.1\n"
      "ntp link=3 address=fe80::123 source=dhcp6 server=fe80::1\n"
      "ntp link=2 source=dhcp\n"
      "ntp link=2 address=time.example.org\n"
      "ntp link=2 address=224.0.1.1\n"
      "ntp link=2 address=ff05::101\n"
      "ntp link=2 address=127.0.0.1\n"
      "ntp link=2 address=0.0.0.0\n"
      "ntp link=2 address=255.255.255.255\n");
  ASSERT_EQ(network.learnt.size(), 2u);
  EXPECT_EQ(network.learnt[0].address, *parse_ip("192.0.2.123"));
  EXPECT_EQ(network.learnt[0].scope, 0u);
  EXPECT_EQ(network.learnt[0].port, 123);
  EXPECT_EQ(network.learnt[0].origin, Origin::Learnt);
  EXPECT_EQ(network.learnt[1].address, *parse_ip("fe80::123"));
  EXPECT_EQ(network.learnt[1].scope, 3u);
  ASSERT_EQ(network.dns.size(), 1u);
  EXPECT_EQ(network.paths.size(), 2u);
}

TEST(TimeNetwork, CountersAndTimesDoNotMakeItAnother) {
  constexpr std::string_view kBefore = "ntp link=2 address=192.0.2.123 since-ms=1\ncounters link=2 dhcp4-sent=1\n";
  constexpr std::string_view kAfter = "ntp link=2 address=192.0.2.123 since-ms=9\ncounters link=2 dhcp4-sent=2\n";
  EXPECT_EQ(read_network(kBefore), read_network(kAfter));
  EXPECT_FALSE(read_network(kBefore) == read_network("ntp link=2 address=192.0.2.124\n"));
  EXPECT_FALSE(read_network("gateway link=2 address=192.0.2.1\n") == Network{});
}

TEST(TimeNetwork, ConfiguredServersComeFirstAndNoneTwice) {
  auto server = [](const char* address, Origin origin, uint16_t port = 123) {
    return Server{.address = *parse_ip(address), .port = port, .origin = origin};
  };
  Servers configured;
  (void)configured.push_back(server("192.0.2.3", Origin::Static));
  (void)configured.push_back(server("192.0.2.4", Origin::Static, 1123));
  Servers learnt;
  for (const char* address : {"192.0.2.1", "192.0.2.3", "192.0.2.4", "192.0.2.5"})
    (void)learnt.push_back(server(address, Origin::Learnt));
  Servers all = merge_servers(configured, learnt);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0], configured[0]);
  EXPECT_EQ(all[1], configured[1]);
  EXPECT_EQ(all[2], learnt[0]);
  EXPECT_EQ(all[3], learnt[2]);  // another port is another server
}

}  // namespace
}  // namespace ck::timekeeping
