// SPDX-License-Identifier: MIT
#include "engine/web/spec_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::web {
namespace {

std::string errors_of(std::string_view text) {
  auto spec = parse_spec(text);
  std::string all;
  if (spec) return "none";
  for (const SpecError& error : spec.error()) {
    if (!all.empty()) all += "; ";
    all += std::to_string(error.line) + ' ' + std::string(error.key.view()) + ' ' + std::string(error.complaint);
  }
  return all;
}

TEST(WebSpec, NothingIsThePageOnPort80ForNetworksThatAreNotPublic) {
  for (const char* text : {"", "\n\n", "# a comment\n", "serve\n"}) {
    auto spec = parse_spec(text);
    ASSERT_TRUE(spec) << text;
    EXPECT_TRUE(spec->http);
    EXPECT_TRUE(spec->logs);
    ASSERT_EQ(spec->listeners.size(), 1u);
    EXPECT_EQ(spec->listeners[0], Listener{});
    EXPECT_EQ(spec->sources, access::standard_networks());
  }
}

TEST(WebSpec, ReadsEveryRecord) {
  auto spec = parse_spec(
      "serve http=off logs=off\nlisten port=8080 address=192.0.2.1\nlisten port=81\nsource network=192.0.2.0/24\n"
      "source network=8.8.8.8 public=yes\n");
  ASSERT_TRUE(spec);
  EXPECT_FALSE(spec->http);
  EXPECT_FALSE(spec->logs);
  ASSERT_EQ(spec->listeners.size(), 2u);
  EXPECT_EQ(spec->listeners[0], (Listener{.port = 8080, .address = *parse_ip("192.0.2.1")}));
  EXPECT_EQ(spec->listeners[1], (Listener{.port = 81}));
  ASSERT_EQ(spec->sources.size(), 2u);
  EXPECT_EQ(spec->sources[1], *parse_prefix("8.8.8.8/32"));
}

TEST(WebSpec, TellsEveryErrorWithItsLineAndKey) {
  EXPECT_EQ(errors_of("page x=y\n"), "1  not a kind of record");
  EXPECT_EQ(errors_of("serve http=yes\n"), "1 http neither on nor off");
  EXPECT_EQ(errors_of("\nserve https=on\n"), "2 https not a key of this record");
  EXPECT_EQ(errors_of("serve http\n"), "1 http not KEY=VALUE");
  EXPECT_EQ(errors_of("listen port=0\n"), "1 port not a port");
  EXPECT_EQ(errors_of("listen port=65536\n"), "1 port not a port");
  EXPECT_EQ(errors_of("listen address=kms\n"), "1 address not an address");
  EXPECT_EQ(errors_of("listen\nlisten port=80\n"), "2 port already listened on");
  EXPECT_EQ(errors_of("source\n"), "1 network not a network");
  EXPECT_EQ(errors_of("source network=8.8.8.8\n"), "1 network a public network, without public=yes");
  EXPECT_EQ(errors_of("source network=10.0.0.0/8 public=no\n"), "1 public not yes");
  EXPECT_EQ(errors_of("serve http=1\nserve logs=1\n"), "1 http neither on nor off; 2 logs neither on nor off");
}

TEST(WebSpec, ListsThatAreFullAreErrors) {
  std::string text;
  for (size_t i = 0; i <= kMaxListeners; ++i) text += "listen port=" + std::to_string(8000 + i) + "\n";
  EXPECT_EQ(errors_of(text), std::to_string(kMaxListeners + 1) + "  one too many");
}

}  // namespace
}  // namespace ck::web
