// SPDX-License-Identifier: MIT
#include "engine/time/names.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/dns_server.h"

namespace ck::timekeeping {
namespace {

FixedVector<gateway::Endpoint, kMaxServers> endpoints(std::initializer_list<const char*> texts) {
  FixedVector<gateway::Endpoint, kMaxServers> list;
  for (const char* text : texts) (void)list.push_back(*gateway::parse_endpoint(text, sntp::kPort));
  return list;
}

struct World {
  explicit World(std::initializer_list<const char*> texts) : names(endpoints(texts), random) {
    (void)resolver.push_back({.address = *parse_ip("192.0.2.53")});
  }
  void run(Duration span) {
    for (TimePoint end = now + span;;) {
      while (auto query = names.next_query(buffer, now)) {
        if (silent) continue;
        std::vector<uint8_t> answer = dns.answer(query->message);
        changes += names.received(query->slot, answer, now) ? 1 : 0;
      }
      TimePoint next = std::max(names.deadline(), now);
      if (next > end) {
        now = end;
        return;
      }
      now = next;
    }
  }
  SeededRandom random{1};
  Names names;
  resolver::Servers resolver;
  test::DnsServer dns;
  std::array<uint8_t, dns::kMaxQuery> buffer{};
  TimePoint now = from_ms(1000);
  bool silent = false;
  int changes = 0;
};

TEST(TimeNames, AddressesAreKnownFromTheStart) {
  World world({"192.0.2.1", "time.example.org", "[2001:db8::1]:1123"});
  Servers servers = world.names.servers();
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].address, *parse_ip("192.0.2.1"));
  EXPECT_EQ(servers[1].port, 1123);
  EXPECT_EQ(world.names.error(1), "no DNS server is known yet");
}

TEST(TimeNames, ANameIsLookedUpInItsPlace) {
  World world({"time.example.org:1123", "192.0.2.1"});
  world.dns.add_alias("time.example.org", "ntp.example.org");
  world.dns.add_address("ntp.example.org", "192.0.2.7");
  world.run(10s);
  EXPECT_EQ(world.dns.queries, 0u);  // whom should it ask?
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  Servers servers = world.names.servers();
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0], (Server{.address = *parse_ip("192.0.2.7"), .port = 1123}));
  EXPECT_EQ(world.changes, 1);
  EXPECT_EQ(world.names.error(0), "");
  world.run(24h);
  EXPECT_EQ(world.dns.queries, 1u);  // an address that is good is not looked for again
}

TEST(TimeNames, WithoutAnIpv4AddressTheIpv6OneIsTaken) {
  World world({"time.example.org"});
  world.dns.add_address("time.example.org", "2001:db8::7");
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.address(0), parse_ip("2001:db8::7"));
  EXPECT_EQ(world.dns.queries, 2u);
}

TEST(TimeNames, ANameThatIsNotThereIsAskedForEverMoreSeldom) {
  World world({"time.example.org"});
  world.names.set_dns(world.resolver, world.now);
  world.run(24h);
  EXPECT_EQ(world.names.error(0), "the name has no address");
  EXPECT_GT(world.dns.queries, 100u);
  EXPECT_LT(world.dns.queries, 700u);
  world.dns.add_address("time.example.org", "192.0.2.7");
  world.run(kMostLookupPause);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.7"));
}

TEST(TimeNames, ADnsServerThatComesLaterIsAskedAtOnce) {
  World world({"time.example.org"});
  world.dns.add_address("time.example.org", "192.0.2.7");
  world.silent = true;
  world.names.set_dns(world.resolver, world.now);
  world.run(1h);
  EXPECT_EQ(world.names.error(0), "no answer");
  world.silent = false;
  (void)world.resolver.push_back({.address = *parse_ip("192.0.2.54")});
  world.names.set_dns(world.resolver, world.now);
  world.run(Duration(0));
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.7"));
}

TEST(TimeNames, AServerThatFailsIsLookedUpAgainWhenTheAnswerIsNoLongerFresh) {
  World world({"time.example.org"});
  world.dns.add_address("time.example.org", "192.0.2.7", 600);
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  Server server = world.names.servers()[0];
  world.dns.clear();
  world.dns.add_address("time.example.org", "192.0.2.8", 600);
  world.names.doubt(server, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.servers()[0], server);  // ten minutes are not over
  world.run(10min);
  world.names.doubt({.address = *parse_ip("192.0.2.99")}, world.now);  // not of ours
  world.run(1s);
  EXPECT_EQ(world.names.servers()[0], server);
  world.names.doubt(server, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.8"));
}

TEST(TimeNames, OfSeveralAddressesAnotherIsTakenWhenOneFails) {
  World world({"time.example.org"});
  for (const char* address : {"192.0.2.7", "192.0.2.8"}) world.dns.add_address("time.example.org", address);
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  auto first = world.names.address(0);
  world.run(2min);
  // The IPv6 side has none, so it takes two turns.
  world.names.doubt(world.names.servers()[0], world.now);
  world.run(10s);
  auto second = world.names.address(0);
  EXPECT_TRUE(first && second && first != second);
}

}  // namespace
}  // namespace ck::timekeeping
