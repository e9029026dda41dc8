// SPDX-License-Identifier: MIT
#include "engine/config/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ck::config {
namespace {

std::vector<std::string> upstreams(std::string_view text) {
  std::vector<std::string> all;
  for (const Upstream& upstream : parse_command_line(text).upstreams) all.emplace_back(upstream.view());
  return all;
}

std::vector<std::string> problems(std::string_view text) {
  std::vector<std::string> all;
  for (const Problem& problem : parse_command_line(text).problems) all.emplace_back(problem.view());
  return all;
}

using Strings = std::vector<std::string>;

TEST(CommandLine, PassesOverTheKernelsOwnWords) {
  CommandLine line = parse_command_line("quiet console=ttyS0,115200 -- single xcorekms.upstream=a corekmsupstream=b");
  EXPECT_TRUE(line.upstreams.empty());
  EXPECT_TRUE(line.hostname.empty());
  EXPECT_TRUE(line.problems.empty());
  EXPECT_TRUE(parse_command_line("").problems.empty());
}

TEST(CommandLine, ReadsUpstreamsAndGivesThemThePort) {
  EXPECT_EQ(upstreams("corekms.upstream=kms.example.org"), Strings{"kms.example.org:1688"});
  EXPECT_EQ(upstreams("a corekms.upstream=192.0.2.1:99,[2001:db8::1]:7,2001:db8::2,kms.example.org. b\n"),
            (Strings{"192.0.2.1:99", "[2001:db8::1]:7", "[2001:db8::2]:1688", "kms.example.org:1688"}));
}

TEST(CommandLine, UnquotesAsTheKernelDoes) {
  EXPECT_EQ(upstreams("corekms.upstream=\"kms.example.org,192.0.2.1\""),
            (Strings{"kms.example.org:1688", "192.0.2.1:1688"}));
  EXPECT_EQ(upstreams("\"corekms.upstream=kms.example.org\" x"), Strings{"kms.example.org:1688"});
  // A blank inside quotes does not end the word; a closing quote that is missing is forgiven.
  EXPECT_EQ(problems("other=\"corekms.foo=1 corekms.bar=2\""), Strings{});
  EXPECT_EQ(upstreams("corekms.upstream=\"kms.example.org"), Strings{"kms.example.org:1688"});
}

TEST(CommandLine, TheLastOfAKeyWins) {
  CommandLine line = parse_command_line(
      "corekms.hostname=one corekms.upstream=a.example corekms.upstream=b.example corekms.hostname=two");
  EXPECT_EQ(line.hostname, "two");
  ASSERT_EQ(line.upstreams.size(), 1u);
  EXPECT_EQ(line.upstreams[0], "b.example:1688");
}

TEST(CommandLine, NamesWhatIsUnknownOrBadAndKeepsTheRest) {
  CommandLine line =
      parse_command_line("corekms.upstraem=a corekms.hostname=-x corekms.upstream=good.example,,bad..example");
  ASSERT_EQ(line.upstreams.size(), 1u);
  ASSERT_EQ(line.problems.size(), 4u);
  EXPECT_EQ(line.problems[0], "unknown key: corekms.upstraem=a");
  EXPECT_EQ(line.problems[1], "not a host name: corekms.hostname=-x");
  EXPECT_EQ(line.problems[2], "not HOST[:PORT]: corekms.upstream=");
  EXPECT_EQ(line.problems[3], "not HOST[:PORT]: corekms.upstream=bad..example");
}

TEST(CommandLine, ManyProblemsAndUpstreamsStayBoundedAndSaySo) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += " corekms.x" + std::to_string(i) + "=\033[2J" + std::string(300, 'y');
  CommandLine line = parse_command_line(text);
  EXPECT_TRUE(line.problems.full());
  EXPECT_EQ(line.problems.back(), "kernel command line: more problems than can be shown");
  for (const Problem& problem : line.problems)
    for (char character : problem.view()) EXPECT_TRUE(character >= 0x20 && character <= 0x7e);

  std::string many = "corekms.upstream=a.example";
  for (int i = 0; i < 8; ++i) many += ",a.example";
  line = parse_command_line(many);
  EXPECT_TRUE(line.upstreams.full());
  EXPECT_EQ(line.problems.size(), 1u);
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
  EXPECT_TRUE(parse_command_line("corekms.hostname=" + std::string(63, 'a')).problems.empty());
  EXPECT_FALSE(parse_command_line("corekms.hostname=" + std::string(64, 'a')).problems.empty());
}

}  // namespace
}  // namespace ck::config
