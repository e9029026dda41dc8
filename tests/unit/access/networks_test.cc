// SPDX-License-Identifier: MIT
#include "engine/access/networks.h"

#include <gtest/gtest.h>

namespace ck::access {
namespace {

TEST(AccessNetworks, PublicIsAllButTheStandardNetworks) {
  for (const char* text :
       {"10.1.0.0/16", "192.168.1.7/32", "fd00:1::/32", "fe80::1/128", "192.0.2.0/24", "127.0.0.1/32"})
    EXPECT_FALSE(is_public(*parse_prefix(text))) << text;
  for (const char* text : {"8.8.8.8/32", "172.15.0.0/16", "192.168.0.0/15", "100.64.0.0/10", "2600::/16", "::/0"})
    EXPECT_TRUE(is_public(*parse_prefix(text))) << text;
}

// RFC 6598: consent is needed, though no part of the Internet.
TEST(AccessNetworks, SharedAddressesArePublicThoughNotRouted) {
  for (const char* text : {"100.64.0.0/10", "100.127.255.255/32"}) {
    EXPECT_TRUE(is_shared(*parse_prefix(text))) << text;
    EXPECT_TRUE(is_public(*parse_prefix(text))) << text;
  }
  for (const char* text : {"100.0.0.0/8", "100.63.0.0/16", "100.128.0.0/16", "8.8.8.8/32", "::/0"})
    EXPECT_FALSE(is_shared(*parse_prefix(text))) << text;
}

TEST(AccessNetworks, AnAddressAloneIsANetworkOfOne) {
  EXPECT_EQ(parse_network("192.0.2.7"), parse_prefix("192.0.2.7/32"));
  EXPECT_EQ(parse_network("2001:db8::7"), parse_prefix("2001:db8::7/128"));
  EXPECT_EQ(parse_network("192.0.2.0/24"), parse_prefix("192.0.2.0/24"));
  EXPECT_EQ(parse_network("kms.example.org"), std::nullopt);
}

TEST(AccessNetworks, ServesThoseThatAreListed) {
  Networks networks = standard_networks();
  for (const char* text : {"10.0.0.1", "fe80::1", "::1", "::ffff:192.168.0.9"})
    EXPECT_TRUE(is_served(networks, *parse_ip(text))) << text;
  for (const char* text : {"8.8.8.8", "2600::1", "::ffff:8.8.8.8"})
    EXPECT_FALSE(is_served(networks, *parse_ip(text))) << text;
  EXPECT_FALSE(is_served({}, *parse_ip("10.0.0.1")));
}

}  // namespace
}  // namespace ck::access
