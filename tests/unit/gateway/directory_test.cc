// SPDX-License-Identifier: MIT
#include "engine/gateway/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/gateway/report.h"
#include "support/dns_server.h"

namespace ck::gateway {
namespace {

constexpr const char* kSrv = "_vlmcs._tcp.example.org";
constexpr const char* kDead = "192.0.2.99";

class DirectoryTest : public ::testing::Test {
 protected:
  SeededRandom random{11};
  Directory directory{random};
  test::DnsServer server;
  bool server_up = true;
  bool cuts_udp = false;  // what comes over UDP is never whole
  unsigned asked_by_tcp = 0;
  unsigned asked_the_dead = 0;
  TimePoint now = from_ms(100'000);

  void configure(std::initializer_list<const char*> upstreams) {
    std::vector<Endpoint> endpoints;
    for (const char* text : upstreams) endpoints.push_back(*parse_endpoint(text));
    directory.configure(endpoints, {}, now);
  }
  // Two DNS servers; the first is dead.
  void network_with_a_dead_server() {
    Network state;
    for (const char* address : {kDead, "192.0.2.53"}) (void)state.servers.push_back({*parse_ip(address), 0});
    (void)state.domains.push_back("example.org");
    directory.set_network(state, now);
    settle();
  }
  void network(const char* servers = "192.0.2.53", const char* domain = "example.org",
               std::initializer_list<const char*> own = {"192.0.2.2"}) {
    Network state;
    if (*servers != '\0') (void)state.servers.push_back({*parse_ip(servers), 0});
    if (*domain != '\0') (void)state.domains.push_back(domain);
    for (const char* address : own) (void)state.own.push_back(*parse_ip(address));
    directory.set_network(state, now);
    settle();
  }
  // Sends what is due and answers it at once, until nothing is due.
  void settle() {
    uint8_t buffer[dns::kMaxQuery];
    for (int i = 0; i < 1000; ++i) {
      auto query = directory.next_query(buffer, now);
      if (!query) return;
      bool udp = query->transport == resolver::Transport::Udp;
      asked_by_tcp += udp ? 0 : 1;
      server.truncates = cuts_udp && udp;
      bool dead = query->server.address == *parse_ip(kDead);
      asked_the_dead += dead ? 1 : 0;
      if (server_up && !dead) directory.received(query->slot, server.answer(query->message), now);
    }
    FAIL() << "questions without end";
  }
  // Lets time pass from deadline to deadline.
  void advance(Duration duration) {
    TimePoint end = now + duration;
    while (directory.deadline() <= end) {
      now = std::max(now, directory.deadline());
      settle();
      ASSERT_GT(directory.deadline(), now);
    }
    now = end;
  }
  std::string order() {
    std::string text;
    for (const Candidate& candidate : directory.candidates(now)) {
      if (!text.empty()) text += ' ';
      text += to_text(candidate.address).view();
      text += ':' + std::to_string(candidate.port);
    }
    return text;
  }
  std::string report() {
    static char buffer[8192];
    state::RecordWriter out(buffer);
    PoolSpec spec{.name = "kms"};
    (void)spec.listeners.push_back({});
    PoolView view{.spec = &spec, .directory = &directory};
    write_report({}, Ledger(), {&view, 1}, now, out);
    EXPECT_FALSE(out.truncated());
    return std::string(out.view());
  }
};

TEST_F(DirectoryTest, LiteralsNeedNoDns) {
  configure({"192.0.2.10", "[2001:db8::10]:1700"});
  EXPECT_EQ(order(), "192.0.2.10:1688 2001:db8::10:1700");
  EXPECT_EQ(directory.deadline(), kNever);
}

TEST_F(DirectoryTest, NamesAreLookedUpInBothFamiliesAndInterleaved) {
  server.add_address("kms.example.org", "192.0.2.10");
  server.add_address("kms.example.org", "192.0.2.11");
  server.add_address("kms.example.org", "2001:db8::10");
  configure({"kms.example.org"});
  EXPECT_EQ(order(), "");
  network();
  EXPECT_EQ(order(), "2001:db8::10:1688 192.0.2.10:1688 192.0.2.11:1688");
}

TEST_F(DirectoryTest, SrvRecordsAreTriedByPriority) {
  server.add_srv(kSrv, 20, 0, 1688, "b.example.org");
  server.add_srv(kSrv, 10, 0, 1699, "a.example.org");
  server.add_address("a.example.org", "192.0.2.10");
  server.add_address("b.example.org", "192.0.2.20");
  configure({});
  network();
  EXPECT_EQ(order(), "192.0.2.10:1699 192.0.2.20:1688");
  EXPECT_NE(report().find("lookup name=_vlmcs._tcp.example.org type=SRV server=192.0.2.53 state=ok error=\n"),
            std::string::npos);
}

TEST_F(DirectoryTest, RecordsThatDoNotFitADatagramComeOverTcp) {
  server.add_srv(kSrv, 20, 0, 1688, "b.example.org");
  server.add_srv(kSrv, 10, 0, 1688, "a.example.org");
  server.add_address("a.example.org", "192.0.2.10");
  server.add_address("b.example.org", "192.0.2.20");
  server.sends_glue = false;
  cuts_udp = true;
  configure({});
  network();
  EXPECT_EQ(order(), "192.0.2.10:1688 192.0.2.20:1688");
  EXPECT_EQ(asked_by_tcp, 5u) << "SRV, and both families of two hosts";
}

TEST_F(DirectoryTest, MoreTargetsThanThereIsRoomForKeepTheBestPriorities) {
  for (uint16_t i = 0; i < 20; ++i) {
    std::string name = "h" + std::to_string(i) + ".example.org";
    server.add_srv(kSrv, static_cast<uint16_t>(100 - i), 0, 1688, name);
    server.add_address(name, "192.0.2." + std::to_string(100 + i));
  }
  configure({});
  network();
  auto candidates = directory.candidates(now);
  ASSERT_EQ(candidates.size(), kMaxCandidates);
  EXPECT_EQ(to_text(candidates[0].address).view(), "192.0.2.119");
  EXPECT_EQ(to_text(candidates[7].address).view(), "192.0.2.112");
}

TEST_F(DirectoryTest, TheOrderStaysWhenTheRecordsDo) {
  for (const char* name : {"a", "b", "c", "d"}) {
    server.add_srv(kSrv, 0, 10, 1688, std::string(name) + ".example.org", 10);
    server.add_address(std::string(name) + ".example.org", std::string("192.0.2.1") + std::to_string(*name - 'a'), 10);
  }
  configure({});
  network();
  std::string first = order();
  unsigned asked = server.queries;
  advance(600s);
  EXPECT_GT(server.queries, asked + 50);
  EXPECT_EQ(order(), first);
}

TEST_F(DirectoryTest, AnswersAreRenewedWhenTheirTtlIsOverAndNotBefore) {
  server.add_address("kms.example.org", "192.0.2.10", 300);
  server.add_address("kms.example.org", "2001:db8::10", 300);
  configure({"kms.example.org"});
  network();
  unsigned asked = server.queries;
  advance(299s);
  EXPECT_EQ(server.queries, asked);
  server.clear();
  server.add_address("kms.example.org", "192.0.2.99", 0);
  server.add_address("kms.example.org", "2001:db8::99", 0);
  advance(2s);
  EXPECT_EQ(order(), "2001:db8::99:1688 192.0.2.99:1688");
  asked = server.queries;
  advance(60s);
  EXPECT_LE(server.queries, asked + 2 * 60 / 5) << "TTL 0 does not mean all the time";
}

TEST_F(DirectoryTest, AnOldAnswerServesOnWhileDnsIsSilent) {
  server.add_srv(kSrv, 0, 0, 1688, "kms.example.org", 30);
  server.add_address("kms.example.org", "192.0.2.10", 30);
  configure({});
  network();
  server_up = false;
  advance(3600s);
  EXPECT_EQ(order(), "192.0.2.10:1688");
  EXPECT_NE(report().find("state=failed error=no%20answer"), std::string::npos);
}

TEST_F(DirectoryTest, ANameThatIsGoneIsNoUpstreamAnyMore) {
  server.add_srv(kSrv, 0, 0, 1688, "kms.example.org", 30);
  server.add_address("kms.example.org", "192.0.2.10", 30);
  configure({});
  network();
  server.clear();
  advance(60s);
  EXPECT_EQ(order(), "");
}

TEST_F(DirectoryTest, WhileThereIsNoneTheQuestionIsAskedAtAPaceThatSlows) {
  configure({});
  network();
  EXPECT_EQ(server.queries, 1u);
  EXPECT_NE(report().find(
                "lookup name=_vlmcs._tcp.example.org type=SRV server=192.0.2.53 state=failed error=no%20such%20name"),
            std::string::npos);
  std::vector<int64_t> pauses;
  for (int i = 0; i < 9; ++i) {
    int64_t pause = (directory.deadline() - now).count();
    pauses.push_back(pause / 1000);
    advance(Duration(pause));
  }
  EXPECT_EQ(pauses, (std::vector<int64_t>{1, 2, 4, 8, 16, 32, 60, 60, 60}));
  server.add_srv(kSrv, 0, 0, 1688, "kms.example.org");
  server.add_address("kms.example.org", "192.0.2.10");
  advance(61s);
  EXPECT_EQ(order(), "192.0.2.10:1688");
}

TEST_F(DirectoryTest, AChangedNetworkAsksAtOnce) {
  configure({});
  network();
  advance(300s);
  server.add_srv(kSrv, 0, 0, 1688, "kms.example.org");
  server.add_address("kms.example.org", "192.0.2.10");
  network("192.0.2.54");
  EXPECT_EQ(order(), "192.0.2.10:1688");
  network("192.0.2.54", "other.example");
  EXPECT_EQ(order(), "") << "another domain has other hosts";
}

TEST_F(DirectoryTest, TheServiceMayBeDeclaredAbsent) {
  server.add_srv(kSrv, 0, 0, 0, ".");
  configure({});
  network();
  EXPECT_EQ(order(), "");
  EXPECT_NE(report().find("error=the%20domain%20says%20that%20it%20offers%20no%20such%20service"), std::string::npos);
}

TEST_F(DirectoryTest, ADomainThatDeclaresItAbsentIsAskedAgainWhenThatIsOver) {
  server.add_srv(kSrv, 0, 0, 0, ".", 600);
  configure({});
  network();
  EXPECT_EQ(directory.deadline(), now + 600s);
  server.clear();
  server.add_srv(kSrv, 0, 0, 1688, "kms.example.org");
  server.add_address("kms.example.org", "192.0.2.10");
  advance(601s);
  EXPECT_EQ(order(), "192.0.2.10:1688");
}

TEST_F(DirectoryTest, SeveralDomainsAreLookedInAndOneMayDecline) {
  server.add_srv("_vlmcs._tcp.a.example", 0, 0, 0, ".");
  server.add_srv("_vlmcs._tcp.b.example", 20, 0, 1688, "b2.b.example");
  server.add_srv("_vlmcs._tcp.b.example", 10, 0, 1688, "b1.b.example");
  server.add_srv("_vlmcs._tcp.c.example", 0, 0, 1688, "c1.c.example");
  server.add_address("b1.b.example", "192.0.2.21");
  server.add_address("b2.b.example", "192.0.2.22");
  server.add_address("c1.c.example", "192.0.2.31");
  configure({});
  Network state;
  (void)state.servers.push_back({*parse_ip("192.0.2.53"), 0});
  for (const char* domain : {"a.example", "b.example", "c.example"}) (void)state.domains.push_back(domain);
  directory.set_network(state, now);
  settle();
  EXPECT_EQ(order(), "192.0.2.21:1688 192.0.2.22:1688 192.0.2.31:1688") << "the order of domains before priority";
}

TEST_F(DirectoryTest, WithoutServersOrDomainsTheReportSaysSo) {
  configure({});
  EXPECT_NE(
      report().find("lookup name=_vlmcs._tcp type=SRV server= state=pending error=no%20domain%20is%20known%20yet\n"),
      std::string::npos);
  network("", "example.org");
  EXPECT_NE(report().find("server= state=pending error=no%20DNS%20server%20is%20known%20yet\n"), std::string::npos);
  EXPECT_NE(report().find("gateway state=waiting "), std::string::npos);
}

TEST_F(DirectoryTest, OurOwnAddressesAreNeverTried) {
  server.add_srv(kSrv, 0, 0, 1688, "gate.example.org");
  server.add_address("gate.example.org", "192.0.2.2");
  server.add_address("gate.example.org", "127.0.0.1");
  configure({});
  network();
  EXPECT_EQ(order(), "");
  EXPECT_NE(report().find("state=failing source=srv pool=kms active=0 rung=nothing state-since-ms=0 "
                          "error=refused:%20192.0.2.2%20is%20this%20machine%20itself"),
            std::string::npos);
  network("192.0.2.53", "example.org", {"192.0.2.3"});
  EXPECT_EQ(order(), "192.0.2.2:1688") << "once it is not ours any more";
}

TEST_F(DirectoryTest, AliasesAreFollowedWithinAnAnswerAndAcross) {
  server.add_alias("kms.example.org", "one.example.org");
  server.add_alias("one.example.org", "two.example.org");
  server.add_address("two.example.org", "192.0.2.10");
  configure({"kms.example.org"});
  network();
  EXPECT_EQ(order(), "192.0.2.10:1688");
  server.follows_aliases = false;
  advance(120s);
  EXPECT_EQ(order(), "192.0.2.10:1688");
}

TEST_F(DirectoryTest, TheTargetOfAnSrvRecordMayBeAnAlias) {
  server.add_srv(kSrv, 0, 0, 1688, "alias.example.org");
  server.add_alias("alias.example.org", "kms.example.org");
  server.add_address("kms.example.org", "192.0.2.10");
  server.add_address("kms.example.org", "2001:db8::10");
  configure({});
  network();
  EXPECT_EQ(order(), "2001:db8::10:1688 192.0.2.10:1688");
}

TEST_F(DirectoryTest, TheShortestTtlOfAChainCounts) {
  struct Case {
    uint32_t first, second, address;
    bool in_one_answer;
  };
  for (Case one : {Case{20, 600, 600, true}, Case{600, 20, 600, true}, Case{600, 600, 20, true},
                   Case{20, 600, 600, false}, Case{600, 20, 600, false}, Case{600, 600, 20, false}}) {
    server = {};
    server.follows_aliases = one.in_one_answer;
    server.negative_ttl = 3600;
    server.add_alias("kms.example.org", "one.example.org", one.first);
    server.add_alias("one.example.org", "two.example.org", one.second);
    server.add_address("two.example.org", "192.0.2.10", one.address);
    server.add_address("two.example.org", "2001:db8::10", one.address);
    Directory fresh(random);
    Endpoint endpoint = *parse_endpoint("kms.example.org");
    fresh.configure({&endpoint, 1}, {}, now);
    Network state;
    (void)state.servers.push_back({*parse_ip("192.0.2.53"), 0});
    fresh.set_network(state, now);
    uint8_t buffer[dns::kMaxQuery];
    while (auto query = fresh.next_query(buffer, now)) fresh.received(query->slot, server.answer(query->message), now);
    EXPECT_EQ(fresh.deadline(), now + 20s) << one.first << ' ' << one.second << ' ' << one.address;
  }
}

TEST_F(DirectoryTest, ThatThereIsNoRecordHoldsAsLongAsTheAnswerSaysWithinBounds) {
  for (auto [says, holds] : {std::pair{10u, 10s}, {0u, 5s}, {59u, 59s}, {3600u, 60s}}) {
    server.negative_ttl = says;
    network("", "");
    configure({});
    network();
    EXPECT_EQ(directory.deadline(), now + holds) << says;
  }
}

TEST_F(DirectoryTest, AFamilyThatANameLacksIsSeldomAskedFor) {
  server.add_address("kms.example.org", "192.0.2.10", 86400);
  server.negative_ttl = 1800;
  configure({"kms.example.org"});
  network();
  advance(60s);  // the first answer that there is no AAAA may have come before the address
  unsigned asked = server.queries;
  advance(1799s);
  EXPECT_LE(server.queries, asked + 1);
  advance(1801s);
  EXPECT_GE(server.queries, asked + 1);
}

TEST_F(DirectoryTest, AServerThatDoesNotAnswerIsAskedLastForAWhile) {
  server.add_address("kms.example.org", "192.0.2.10", 10);
  server.add_address("kms.example.org", "2001:db8::10", 10);
  configure({"kms.example.org"});
  network_with_a_dead_server();
  EXPECT_EQ(order(), "");
  advance(1s);
  EXPECT_EQ(order(), "2001:db8::10:1688 192.0.2.10:1688");
  EXPECT_EQ(asked_the_dead, 2u);
  advance(50s);
  EXPECT_EQ(asked_the_dead, 2u) << "renewals go to the one that answers";
  advance(20s);
  EXPECT_EQ(asked_the_dead, 4u) << "then it gets another chance";
  EXPECT_EQ(order(), "2001:db8::10:1688 192.0.2.10:1688");
}

TEST_F(DirectoryTest, ALoopOfAliasesEnds) {
  server.add_alias("kms.example.org", "one.example.org");
  server.add_alias("one.example.org", "kms.example.org");
  server.follows_aliases = false;
  configure({"kms.example.org"});
  network();
  advance(600s);
  EXPECT_EQ(order(), "");
  EXPECT_LT(server.queries, 2u * 5 * 20);
}

TEST_F(DirectoryTest, AMemberThatFailedIsTriedLastForAWhile) {
  configure({"192.0.2.10", "192.0.2.20"});
  auto first = directory.candidates(now)[0];
  directory.failed(first, "refused", now);
  EXPECT_EQ(order(), "192.0.2.20:1688 192.0.2.10:1688");
  EXPECT_NE(report().find("name=192.0.2.10 port=1688 address=192.0.2.10 state=failing source=static pool=kms active=0 "
                          "rung=nothing state-since-ms=100000 error=192.0.2.10:%20refused"),
            std::string::npos);
  directory.succeeded(directory.candidates(now)[0], 3, now);
  EXPECT_NE(report().find("address=192.0.2.20 state=healthy source=static pool=kms active=0 rung=nothing "
                          "state-since-ms=100000 rtt-ms=3"),
            std::string::npos);
  now += 5s;
  EXPECT_EQ(order(), "192.0.2.10:1688 192.0.2.20:1688") << "ordered failover goes back to the first";
  directory.failed(first, "refused", now);
  now += 9s;
  EXPECT_EQ(order(), "192.0.2.20:1688 192.0.2.10:1688") << "the pause doubles";
  now += 1s;
  directory.succeeded(first, 4, now);
  EXPECT_EQ(order(), "192.0.2.10:1688 192.0.2.20:1688");
  EXPECT_NE(report().find("address=192.0.2.20 state=standby"), std::string::npos);
}

TEST_F(DirectoryTest, ChecksMakeAHostFailAndHealthyAgain) {
  directory.set_checks(Checks::Active);
  configure({"192.0.2.10", "192.0.2.20"});
  constexpr ProbeResult kUp{.up = true, .rung = Rung::Serving, .fault = {}};
  constexpr ProbeResult kDown{.up = false, .rung = Rung::Connected, .fault = "silent"};
  bool first_is_up = true;
  int checks = 0;
  // Lets a quarter of an hour at most pass until `until`.
  auto check_until = [&](auto until) {
    for (int i = 0; i < 200 && !until(); ++i) {
      now = std::max(now, std::min(directory.deadline(), directory.check_deadline()));
      while (auto due = directory.due_check(now)) {
        ++checks;
        EXPECT_FALSE(directory.due_check(now) && directory.due_check(now)) << "one check of a host at once";
        directory.checked(*due, due->member == 0 && !first_is_up ? kDown : kUp, 2, now);
        directory.checked({.address = *parse_ip("192.0.2.20"), .port = 1688, .member = 1}, kUp, 2, now);
      }
    }
    EXPECT_TRUE(until());
  };
  auto health = [&] { return directory.members()[0].health; };
  check_until([&] { return health() == Health::Healthy; });
  first_is_up = false;
  check_until([&] { return health() == Health::Failing; });
  EXPECT_EQ(directory.members()[0].falls, kFall);
  EXPECT_EQ(order(), "192.0.2.20:1688 192.0.2.10:1688");
  now += 600s;
  EXPECT_EQ(order(), "192.0.2.20:1688 192.0.2.10:1688") << "time alone makes nothing healthy";
  first_is_up = true;
  check_until([&] { return health() == Health::Healthy; });
  EXPECT_EQ(directory.members()[0].rises, kRise);
  EXPECT_EQ(order(), "192.0.2.10:1688 192.0.2.20:1688");

  // A session's failure counts at once, and a check follows soon.
  directory.failed(directory.candidates(now)[0], "reset", now);
  EXPECT_EQ(health(), Health::Failing);
  EXPECT_LE(directory.check_deadline(), now + kCheckIntervalRising);
  TimePoint failed_at = now;
  check_until([&] { return health() == Health::Healthy; });
  EXPECT_GE(now, failed_at + kHoldDown) << "not before it has been up for a while";
}

TEST_F(DirectoryTest, AHostThatThereIsNoWayToYetIsNotDown) {
  directory.set_checks(Checks::Active);
  configure({"kms.example.org"});
  server.add_address("kms.example.org", "192.0.2.10");
  server.add_address("kms.example.org", "2001:db8::10");
  network();
  constexpr ProbeResult kNoWay{.up = false, .rung = Rung::Nothing, .fault = "Network unreachable", .has_no_way = true};
  auto first = directory.due_check(now);
  ASSERT_TRUE(first);
  directory.checked(*first, kNoWay, -1, now);
  EXPECT_EQ(directory.members()[0].health, Health::Untried);
  EXPECT_EQ(directory.members()[0].error, std::string(to_text(first->address).view()) + ": Network unreachable");
  EXPECT_EQ(directory.check_deadline(), now + kCheckIntervalUntried);
  // An address of ours comes: at once, and the host's other address is tried.
  network("192.0.2.53", "example.org", {"192.0.2.2", "192.0.2.3"});
  auto second = directory.due_check(now);
  ASSERT_TRUE(second);
  EXPECT_NE(second->address, first->address);
  directory.checked(*second, {.up = true, .rung = Rung::Serving, .fault = {}}, 3, now);
  EXPECT_EQ(directory.members()[0].health, Health::Healthy);
  // One that was up and that there is no way to any more is failing, as any other is.
  for (unsigned i = 0; i < kFall; ++i) {
    now = directory.check_deadline();
    directory.checked(*directory.due_check(now), kNoWay, -1, now);
  }
  EXPECT_EQ(directory.members()[0].health, Health::Failing);
  network();
  EXPECT_LE(directory.check_deadline(), now + kCheckIntervalRising) << "sooner than without news of the network";
}

TEST_F(DirectoryTest, WhoWaitsLongestIsCheckedFirst) {
  directory.set_checks(Checks::Active);
  configure({"192.0.2.10", "192.0.2.20", "192.0.2.30", "192.0.2.40"});
  std::array<int, 4> checks{};
  // One check at once, each as long as the whole interval of a host that is down.
  for (int i = 0; i < 40; ++i) {
    auto due = directory.due_check(now);
    ASSERT_TRUE(due);
    ++checks[due->member];
    now += kCheckIntervalFailing * 2;
    directory.checked(*due, {.up = false, .rung = Rung::Nothing, .fault = "silent"}, -1, now);
  }
  EXPECT_EQ(checks, (std::array<int, 4>{10, 10, 10, 10}));
  (void)directory.due_check(now);
  EXPECT_EQ(directory.deadline(), kNever) << "names alone";
  EXPECT_LE(directory.check_deadline(), now);
}

TEST_F(DirectoryTest, ChecksComeAtTheirIntervalAndNotWithoutAnAddress) {
  directory.set_checks(Checks::Active);
  configure({"kms.example.org"});
  EXPECT_EQ(directory.due_check(now), std::nullopt);
  server.add_address("kms.example.org", "192.0.2.10");
  network();
  int checks = 0;
  TimePoint end = now + 3600s;
  while (now < end) {
    settle();
    now = std::min<TimePoint>(
        end, std::max<TimePoint>(now + 1ms, std::min(directory.deadline(), directory.check_deadline())));
    if (auto due = directory.due_check(now)) {
      ++checks;
      directory.checked(*due, {.up = true, .rung = Rung::Bound, .fault = {}}, 1, now);
    }
  }
  EXPECT_GT(checks, 90);
  EXPECT_LT(checks, 155) << "every 24 to 36 seconds";
}

TEST_F(DirectoryTest, AHostWithManyAddressesLeavesTheOthersTheirTurn) {
  for (int i = 1; i <= 4; ++i) {
    server.add_address("kms.example.org", ("192.0.2.1" + std::to_string(i)).c_str());
    server.add_address("kms.example.org", ("2001:db8::1" + std::to_string(i)).c_str());
  }
  configure({"kms.example.org", "192.0.2.50"});
  network();
  EXPECT_NE(order().find("192.0.2.50"), std::string::npos);
}

TEST_F(DirectoryTest, TheAddressThatWorkedIsTriedFirst) {
  server.add_address("kms.example.org", "192.0.2.10");
  server.add_address("kms.example.org", "2001:db8::10");
  configure({"kms.example.org"});
  network();
  auto v4 = directory.candidates(now)[1];
  directory.succeeded(v4, 1, now);
  EXPECT_EQ(order(), "192.0.2.10:1688 2001:db8::10:1688");
  directory.failed(v4, "gone", now);
  EXPECT_EQ(order(), "2001:db8::10:1688 192.0.2.10:1688");
}

TEST_F(DirectoryTest, AReportAboutAMemberThatIsGoneIsIgnored) {
  configure({"192.0.2.10"});
  directory.failed({.address = *parse_ip("192.0.2.99"), .port = 1688, .member = 0}, "refused", now);
  directory.failed({.address = *parse_ip("192.0.2.10"), .port = 1, .member = 0}, "refused", now);
  directory.failed({.address = *parse_ip("192.0.2.10"), .port = 1688, .member = 200}, "refused", now);
  EXPECT_EQ(directory.members()[0].health, Health::Untried);
}

TEST_F(DirectoryTest, HostilePartsOfAReportStayWithinTheirRecord) {
  configure({"192.0.2.10"});
  directory.failed(directory.candidates(now)[0], "a b\nupstream name=evil \x1b[2J", now);
  std::string text = report();
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
}

}  // namespace
}  // namespace ck::gateway
