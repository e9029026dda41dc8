// SPDX-License-Identifier: MIT
#include "engine/config/host_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::config {
namespace {

TEST(ParseUpstream, GivesItsPortToWhatHasNone) {
  struct Case {
    const char* text;
    const char* upstream;
  };
  for (const Case& good : {Case{"kms.example.org", "kms.example.org:1688"}, Case{"192.0.2.1:99", "192.0.2.1:99"},
                           Case{"[2001:db8::1]:7", "[2001:db8::1]:7"}, Case{"2001:db8::2", "[2001:db8::2]:1688"},
                           Case{"kms.example.org.", "kms.example.org:1688"}})
    EXPECT_EQ(parse_upstream(good.text), Upstream(good.upstream)) << good.text;
}

TEST(ParseUpstream, RefusesWhatIsNeitherAddressNorName) {
  for (const char* bad :
       {"",       ":",      ":1688", "a:",   "a:0",       "a:65536",     "a:1x",      "[::1",
        "[::1]x", "[::1]:", "[a]:1", "[]",   "256.0.0.1", "192.0.2",     "1.2.3.4.5", "a b",
        "a/b",    "-a",     "a-",    "a..b", ".",         "2001:db8::g", "1:2:3",     "host_name.exa mple"})
    EXPECT_FALSE(parse_upstream(bad)) << bad;
  EXPECT_FALSE(parse_upstream(std::string(64, 'a')));
  EXPECT_FALSE(parse_upstream(std::string(63, 'a') + "." + std::string(63, 'a') + "." + std::string(63, 'a') + "." +
                              std::string(63, 'a')));
  EXPECT_TRUE(parse_upstream("kms_1.example.org:65535"));
}

TEST(HostName, FollowsRfc1123) {
  for (const char* good : {"a", "corekms-1a2b", "3com", "a.b.c"}) EXPECT_TRUE(is_host_name(good)) << good;
  for (const char* bad : {"", "-", "a-", "-a", "a.", ".a", "a_b", "a b", "a\n"}) EXPECT_FALSE(is_host_name(bad)) << bad;
  EXPECT_TRUE(is_host_name(std::string(63, 'a')));
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace ck::config
