// SPDX-License-Identifier: MIT
#include "engine/gateway/network.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::gateway {
namespace {

TEST(Network, IsReadFromWhatNetdPublishes) {
  Network network = read_network(
      "link index=2 name=eth0 mac=02:00:00:00:00:01 flags=UP mtu=1500 dhcp4=bound\n"
      "link index=3 name=eth1\n"
      "address link=eth0 family=inet address=192.0.2.107/24 source=dhcp\n"
      "address link=2 family=inet6 address=2001:db8::7/64 source=slaac\n"
      "gateway link=eth0 address=192.0.2.1 source=dhcp metric=100\n"
      "dns link=eth0 address=192.0.2.1 source=dhcp\n"
      "dns link=eth1 address=fe80::1 source=ra\n"
      "dns link=2 address=fe80::1 source=ra\n"
      "dns link=eth0 address=192.0.2.1 source=ra\n"
      "domain link=eth0 name=Example.org source=dhcp\n"
      "later unknown=1\n");
  ASSERT_EQ(network.own.size(), 2u);
  ASSERT_EQ(network.servers.size(), 3u) << "the same server twice is one";
  EXPECT_EQ(to_text(network.servers[0].address).view(), "192.0.2.1");
  EXPECT_EQ(network.servers[1].scope, 3u) << "a link-local address needs its link";
  EXPECT_EQ(network.servers[2].scope, 2u);
  ASSERT_EQ(network.domains.size(), 1u);
  EXPECT_EQ(network.domains[0].view(), "example.org");
}

TEST(Network, HostileRecordsArePassedOver) {
  Network network = read_network(
      "address\naddress link=eth0 address=\naddress address=1.2.3/24\ndns address=none\ndomain name=a%20b\ndomain "
      "name=\n"
      "domain name=%1b[2J\n\n\n=\n");
  EXPECT_EQ(network, Network{});
  std::string many;
  for (int i = 0; i < 200; ++i) {
    std::string number = std::to_string(i);
    many += "address address=198.51.100." + number + "/24\ndns address=203.0.113." + number + "\ndomain name=d" +
            number + "\n";
  }
  network = read_network(many);
  EXPECT_TRUE(network.own.full());
  EXPECT_TRUE(network.servers.full());
  EXPECT_TRUE(network.domains.full());
}

TEST(Network, KnowsWhatLeadsBackToThisMachine) {
  Network network;
  ASSERT_TRUE(network.own.push_back(*parse_ip("192.0.2.7")));
  ASSERT_TRUE(network.own.push_back(*parse_ip("2001:db8::7")));
  for (const char* own : {"192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0",
                          "::", "::ffff:127.0.0.1", "224.0.0.1", "255.255.255.255", "ff02::1"})
    EXPECT_TRUE(network.is_own(*parse_ip(own))) << own;
  for (const char* other : {"192.0.2.8", "2001:db8::8", "10.0.0.1", "fe80::1"})
    EXPECT_FALSE(network.is_own(*parse_ip(other))) << other;
}

}  // namespace
}  // namespace ck::gateway
