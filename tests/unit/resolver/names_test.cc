// SPDX-License-Identifier: MIT
#include "engine/resolver/names.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/dns_server.h"

namespace ck::resolver {
namespace {

constexpr uint16_t kPort = 123;

std::vector<Endpoint> endpoints(std::initializer_list<const char*> texts) {
  std::vector<Endpoint> list;
  for (const char* text : texts) list.push_back(*parse_endpoint(text, kPort));
  return list;
}

struct World {
  explicit World(std::initializer_list<const char*> texts, const Freshness& freshness = {})
      : names(endpoints(texts), random, freshness) {
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
  Servers resolver;
  test::DnsServer dns;
  std::array<uint8_t, dns::kMaxQuery> buffer{};
  TimePoint now = from_ms(1000);
  bool silent = false;
  int changes = 0;
};

TEST(Names, AddressesAreKnownFromTheStart) {
  World world({"192.0.2.1", "time.example.org", "[2001:db8::1]:1123"});
  ASSERT_EQ(world.names.size(), 3u);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.1"));
  EXPECT_FALSE(world.names.address(1));
  EXPECT_EQ(world.names.address(2), parse_ip("2001:db8::1"));
  EXPECT_EQ(world.names.endpoint(2).port, 1123);
  EXPECT_EQ(world.names.error(1), "no DNS server is known yet");
}

TEST(Names, ANameIsLookedUpInItsPlace) {
  World world({"time.example.org:1123", "192.0.2.1"});
  world.dns.add_alias("time.example.org", "ntp.example.org");
  world.dns.add_address("ntp.example.org", "192.0.2.7");
  world.run(10s);
  EXPECT_EQ(world.dns.queries, 0u);  // whom should it ask?
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.7"));
  EXPECT_EQ(world.changes, 1);
  EXPECT_EQ(world.names.error(0), "");
  world.run(24h);
  EXPECT_EQ(world.dns.queries, 1u);  // an address that is good is not looked for again
}

TEST(Names, WithoutAnIpv4AddressTheIpv6OneIsTaken) {
  World world({"time.example.org"});
  world.dns.add_address("time.example.org", "2001:db8::7");
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.address(0), parse_ip("2001:db8::7"));
  EXPECT_EQ(world.dns.queries, 2u);
}

TEST(Names, ANameThatIsNotThereIsAskedForEverMoreSeldom) {
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

TEST(Names, ADnsServerThatComesLaterIsAskedAtOnce) {
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

TEST(Names, AServerThatFailsIsLookedUpAgainWhenTheAnswerIsNoLongerFresh) {
  World world({"time.example.org"});
  world.dns.add_address("time.example.org", "192.0.2.7", 600);
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  IpAddress server = *world.names.address(0);
  world.dns.clear();
  world.dns.add_address("time.example.org", "192.0.2.8", 600);
  world.names.doubt(server, kPort, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.address(0), server);  // ten minutes are not over
  world.run(10min);
  world.names.doubt(*parse_ip("192.0.2.99"), kPort, world.now);  // not of ours
  world.run(1s);
  EXPECT_EQ(world.names.address(0), server);
  world.names.doubt(server, kPort, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.8"));
}

TEST(Names, OfSeveralAddressesAnotherIsTakenWhenOneFails) {
  World world({"time.example.org"});
  for (const char* address : {"192.0.2.7", "192.0.2.8"}) world.dns.add_address("time.example.org", address);
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  auto first = world.names.address(0);
  world.run(2min);
  // The IPv6 side has none, so it takes two turns.
  world.names.doubt(*first, kPort, world.now);
  world.run(10s);
  auto second = world.names.address(0);
  EXPECT_TRUE(first && second && first != second);
}

constexpr Freshness kRefreshed{.least_ttl = 10s, .refresh = Freshness::Refresh::Yes};

TEST(Names, OneThatIsRefreshedIsAskedForWheneverItsTtlIsOver) {
  World world({"logs.example.org"}, kRefreshed);
  world.dns.add_address("logs.example.org", "192.0.2.7", 600);
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  for (const char* more : {"192.0.2.8", "192.0.2.9"}) world.dns.add_address("logs.example.org", more, 600);
  world.run(1h);
  EXPECT_EQ(world.dns.queries, 7u);
  EXPECT_EQ(world.changes, 1);  // the one that is known is among them
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.7"));
  world.dns.clear();
  world.dns.add_address("logs.example.org", "192.0.2.10", 1);
  world.run(10min);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.10"));
  EXPECT_EQ(world.changes, 2);
  world.dns.queries = 0;
  world.run(100s);
  EXPECT_LE(world.dns.queries, 11u);  // whatever the TTL, every ten seconds suffices
}

TEST(Names, OneThatIsRefreshedKeepsItsAddressWhileNobodyKnowsBetter) {
  World world({"logs.example.org"}, kRefreshed);
  world.dns.add_address("logs.example.org", "192.0.2.7", 60);
  world.names.set_dns(world.resolver, world.now);
  world.run(1s);
  world.silent = true;
  world.run(1h);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.7"));
  EXPECT_EQ(world.names.error(0), "no answer");
  world.silent = false;
  world.run(kMostLookupPause);
  EXPECT_EQ(world.names.error(0), "");
}

TEST(Names, OneThatIsRefreshedIsAskedForAtOnceWhenItsServerFails) {
  World world({"logs.example.org"}, kRefreshed);
  world.dns.add_address("logs.example.org", "192.0.2.7", 86'400);
  world.names.set_dns(world.resolver, world.now);
  world.run(11s);
  world.dns.clear();
  world.dns.add_address("logs.example.org", "192.0.2.8", 86'400);
  world.names.doubt(*world.names.address(0), kPort, world.now);
  world.run(1s);
  EXPECT_EQ(world.names.address(0), parse_ip("192.0.2.8"));
}

}  // namespace
}  // namespace ck::resolver
