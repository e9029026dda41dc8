// SPDX-License-Identifier: MIT
#include "engine/resolver/endpoint.h"

#include <gtest/gtest.h>

namespace ck::resolver {
namespace {

TEST(Endpoint, IsReadInEachForm) {
  struct Case {
    const char* text;
    const char* name;
    uint16_t port;
    bool literal;
  };
  for (const Case& item : {Case{"kms.example.org", "kms.example.org", 1688, false},
                           {"KMS.example.org.:1700", "kms.example.org", 1700, false},
                           {"192.0.2.1", "192.0.2.1", 1688, true},
                           {"192.0.2.1:1", "192.0.2.1", 1, true},
                           {"2001:db8::1", "2001:db8::1", 1688, true},
                           {"[2001:DB8::1]", "2001:db8::1", 1688, true},
                           {"[2001:db8::1]:65535", "2001:db8::1", 65535, true},
                           {"host7", "host7", 1688, false}}) {
    auto endpoint = parse_endpoint(item.text, 1688);
    ASSERT_TRUE(endpoint) << item.text;
    EXPECT_EQ(endpoint->name.view(), item.name);
    EXPECT_EQ(endpoint->port, item.port) << item.text;
    EXPECT_EQ(endpoint->address.has_value(), item.literal) << item.text;
  }
}

TEST(Endpoint, NonsenseIsRefused) {
  for (const char* text : {"",
                           ":",
                           ":1688",
                           "host:",
                           "host:0",
                           "host:65536",
                           "host:-1",
                           "host:1688x",
                           "[2001:db8::1",
                           "[2001:db8::1]x",
                           "[2001:db8::1]:",
                           "[192.0.2.1]:1688",
                           "[host]:1688",
                           "2001:db8::1:1:2:3:4:5:6:7",
                           "192.0.2.256",
                           "192.0.2",
                           "1688",
                           "a b",
                           "host/path",
                           "-\n",
                           "[]:1"})
    EXPECT_FALSE(parse_endpoint(text, 1688)) << text;
}

}  // namespace
}  // namespace ck::resolver
