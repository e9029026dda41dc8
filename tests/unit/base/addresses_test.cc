// SPDX-License-Identifier: MIT
#include "base/addresses.h"

#include <gtest/gtest.h>

#include <string>

namespace ck {
namespace {

std::string text(const auto& value) { return std::string(to_text(value).view()); }

TEST(Ipv4, ParsesDottedQuadsOnly) {
  EXPECT_EQ(parse_ipv4("192.0.2.1")->value, 0xc0000201u);
  EXPECT_EQ(parse_ipv4("0.0.0.0")->value, 0u);
  EXPECT_EQ(parse_ipv4("255.255.255.255")->value, 0xffffffffu);
  for (const char* bad : {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "1..2.3", "1.2.3.4 ", "a.b.c.d",
                          "-1.2.3.4", "1.2.3.", ".1.2.3", "1.2.3.4444"})
    EXPECT_FALSE(parse_ipv4(bad)) << bad;
}

TEST(Ipv6, PrintsAsRfc5952Says) {
  const std::pair<const char*, const char*> cases[] = {
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},  // the first of two equal runs
      {"2001:db8::", "2001:db8::"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one zero group is not shortened
      {"2001:0db8:0000:0000:0001:0000:0000:0000", "2001:db8:0:0:1::"},
      {"fe80::5054:ff:fe12:3456", "fe80::5054:ff:fe12:3456"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
  };
  for (auto [in, out] : cases) {
    auto address = parse_ipv6(in);
    ASSERT_TRUE(address) << in;
    EXPECT_EQ(text(*address), out);
    EXPECT_EQ(parse_ipv6(text(*address)), address);
  }
}

TEST(Ipv6, RefusesWhatIsNotAnAddress) {
  for (const char* bad :
       {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:", ":1",
        "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4", "fe80::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "1:::2"})
    EXPECT_FALSE(parse_ipv6(bad)) << bad;
}

TEST(Ipv6, KnowsItsScopes) {
  EXPECT_TRUE(parse_ipv6("::1")->is_loopback());
  EXPECT_TRUE(parse_ipv6("fe80::1")->is_link_local());
  EXPECT_TRUE(parse_ipv6("febf::1")->is_link_local());
  EXPECT_FALSE(parse_ipv6("fec0::1")->is_link_local());
  EXPECT_TRUE(parse_ipv6("fd00::1")->is_unique_local());
  EXPECT_TRUE(parse_ipv6("ff02::1")->is_multicast());
  EXPECT_EQ(parse_ipv6("::ffff:192.0.2.1")->mapped_v4()->value, 0xc0000201u);
  EXPECT_FALSE(parse_ipv6("::fffe:192.0.2.1")->mapped_v4());
}

TEST(Prefix, ContainsByItsLengthInBothFamilies) {
  auto v4 = parse_prefix("192.0.2.0/25");
  ASSERT_TRUE(v4);
  EXPECT_TRUE(v4->contains(*parse_ip("192.0.2.127")));
  EXPECT_FALSE(v4->contains(*parse_ip("192.0.2.128")));
  EXPECT_FALSE(v4->contains(*parse_ip("2001:db8::1")));
  EXPECT_TRUE(parse_prefix("0.0.0.0/0")->contains(*parse_ip("203.0.113.9")));
  EXPECT_TRUE(parse_prefix("192.0.2.1/32")->contains(*parse_ip("192.0.2.1")));
  auto v6 = parse_prefix("2001:db8::/33");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->contains(*parse_ip("2001:db8:7fff::1")));
  EXPECT_FALSE(v6->contains(*parse_ip("2001:db8:8000::1")));
  for (const char* bad : {"192.0.2.0", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "/24", "192.0.2.0/+4"})
    EXPECT_FALSE(parse_prefix(bad)) << bad;
  EXPECT_EQ(text(*v6), "2001:db8::/33");
}

TEST(Netmask, IsALengthOnlyWhenContiguous) {
  for (unsigned length = 0; length <= 32; ++length)
    EXPECT_EQ(prefix_length(netmask_of(static_cast<uint8_t>(length))), length);
  EXPECT_FALSE(prefix_length(*parse_ipv4("255.0.255.0")));
  EXPECT_FALSE(prefix_length(*parse_ipv4("0.0.0.255")));
}

TEST(Mac, ParsesAndPrints) {
  auto mac = parse_mac("52:54:00:Ab:cd:EF");
  ASSERT_TRUE(mac);
  EXPECT_EQ(text(*mac), "52:54:00:ab:cd:ef");
  for (const char* bad : {"", "52:54:00:ab:cd", "52-54-00-ab-cd-ef", "52:54:00:ab:cd:eg", "52:54:00:ab:cd:ef:"})
    EXPECT_FALSE(parse_mac(bad)) << bad;
}

}  // namespace
}  // namespace ck
