// SPDX-License-Identifier: MIT
#include "engine/config/host_name.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::config {
namespace {

TEST(HostName, FollowsRfc1123) {
  for (const char* good : {"a", "corekms-1a2b", "3com", "a.b.c"}) EXPECT_TRUE(is_host_name(good)) << good;
  for (const char* bad : {"", "-", "a-", "-a", "a.", ".a", "a_b", "a b", "a\n"}) EXPECT_FALSE(is_host_name(bad)) << bad;
  EXPECT_TRUE(is_host_name(std::string(63, 'a')));
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace ck::config
