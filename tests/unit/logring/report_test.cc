// SPDX-License-Identifier: MIT
#include "engine/logring/report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ck::logring {
namespace {

struct World {
  std::vector<uint8_t> memory = std::vector<uint8_t>(kStandardRing);
  Ring ring{memory};
  SeededRandom random{1};
  Target target{{.address = *parse_ip("192.0.2.9")}, ring, random};
  std::vector<SourceCounters> sources{{.name = "log", .received = 7, .dropped = 1, .cut = 2},
                                      {.name = "kmsg", .error = "no"}};
  std::vector<TargetView> views{{.target = &target, .is_learnt = true}};
  resolver::Names names{{}, random};
  std::vector<char> buffer = std::vector<char>(state::kMaxFile);

  std::string report() {
    state::RecordWriter out(buffer);
    write_report(ring, memory.size(), sources, views, names, out);
    EXPECT_FALSE(out.truncated());
    return std::string(out.view());
  }
};

std::vector<state::Record> of_kind(std::string_view text, std::string_view kind) {
  std::vector<state::Record> found;
  state::RecordReader reader(text);
  while (auto record = reader.next())
    if (record->kind() == kind) found.push_back(*record);
  return found;
}

TEST(LogReport, SaysWhatCameAndWhereItWent) {
  World world;
  world.ring.append({.utc_ms = 5, .priority = {3, syslog::Severity::Error}, .program = "netd", .text = "two words"});
  EXPECT_EQ(world.report(),
            "logs received=7 dropped=1 ring-bytes=65536 first-seq=1 next-seq=2 overwritten=0\n"
            "source name=log received=7 dropped=1 cut=2 error=\n"
            "source name=kmsg received=0 dropped=0 cut=0 error=no\n"
            "target kind=udp address=192.0.2.9:514 format=rfc5424 source=dhcp state=waiting since-ms=0 queued=1 sent=0 "
            "dropped=0 error=\n"
            "line seq=1 utc-ms=5 severity=error program=netd text=two%20words\n");
}

TEST(LogReport, SaysWhatWasLookedForAndWhere) {
  World world;
  std::vector<resolver::Endpoint> endpoints{*resolver::parse_endpoint("logs.example.org", 601)};
  resolver::Names names{endpoints, world.random};
  Target target{{.name = "logs.example.org", .port = 601}, world.ring, world.random};
  world.views = {{.target = &target}};
  auto report = [&] {
    state::RecordWriter out(world.buffer);
    write_report(world.ring, 65'536, {}, world.views, names, out);
    std::string text(out.view());
    return text.substr(text.find("target"));
  };
  EXPECT_EQ(report(),
            "target kind=udp address=logs.example.org:601 resolved= format=rfc5424 source=static state=waiting "
            "since-ms=0 queued=0 sent=0 dropped=0 error=no%20DNS%20server%20is%20known%20yet\n"
            "lookup name=logs.example.org type=A server= state=failed error=no%20DNS%20server%20is%20known%20yet\n");
  resolver::Servers servers;
  (void)servers.push_back({.address = *parse_ip("192.0.2.53")});
  names.set_dns(servers, from_ms(1));
  std::array<uint8_t, dns::kMaxQuery> buffer;
  ASSERT_TRUE(names.next_query(buffer, from_ms(1)));
  EXPECT_NE(report().find("lookup name=logs.example.org type=A server=192.0.2.53 state=pending"), std::string::npos);
  EXPECT_FALSE(target.wants_connection(from_ms(5)));
  EXPECT_EQ(target.deadline(), kNever);
  EXPECT_FALSE(target.set_address(*parse_ip("192.0.2.9"), from_ms(5)));
  EXPECT_TRUE(target.wants_connection(from_ms(5)));
  EXPECT_NE(report().find("target kind=udp address=logs.example.org:601 resolved=192.0.2.9"), std::string::npos);
  target.connecting(from_ms(6));
  target.connected(from_ms(6));
  EXPECT_FALSE(target.set_address(*parse_ip("192.0.2.9"), from_ms(7)));
  EXPECT_TRUE(target.set_address(*parse_ip("192.0.2.10"), from_ms(7)));  // UDP goes elsewhere at once
  EXPECT_TRUE(target.wants_connection(from_ms(7)));
}

TEST(LogReport, WarnsWhenTheLogGoesNowhere) {
  World world;
  world.views.clear();
  std::string text = world.report();
  ASSERT_EQ(of_kind(text, "warning").size(), 1u);
}

TEST(LogReport, HoldsTheLastLinesAndFitsWhateverTheySay) {
  for (std::string_view unit : {"x", "\n", "\xf0\x9f\x98\x80", "%"}) {
    World world;
    std::string text;
    while (text.size() < 2 * kShownText) text += unit;
    for (int i = 0; i < 100; ++i)
      world.ring.append({.priority = {3, syslog::Severity::Info}, .program = text, .text = text});
    std::string report = world.report();
    EXPECT_LE(report.size(), state::kMaxFile);
    auto lines = of_kind(report, "line");
    ASSERT_FALSE(lines.empty());
    EXPECT_GE(lines.size(), unit == "x" ? kShownLines : 20u);
    for (size_t i = 0; i < lines.size(); ++i)
      EXPECT_EQ(lines[i].number("seq"), static_cast<int64_t>(100 - lines.size() + 1 + i));
  }
}

TEST(LogReport, AnEntryIsARecord) {
  char buffer[512];
  state::RecordWriter out(buffer);
  EXPECT_TRUE(write_entry({.sequence = 9,
                           .utc_ms = 8,
                           .at = from_ms(7),
                           .priority = {3, syslog::Severity::Debug},
                           .pid = 6,
                           .program = "p",
                           .message_id = "m",
                           .text = "a b"},
                          out));
  EXPECT_TRUE(
      write_entry({.sequence = 10, .priority = {0, syslog::Severity::Alert}, .program = "kernel", .text = "t"}, out));
  EXPECT_EQ(out.view(),
            "entry seq=9 utc-ms=8 monotonic-ms=7 severity=debug facility=3 program=p pid=6 id=m text=a%20b\n"
            "entry seq=10 utc-ms=0 monotonic-ms=0 severity=alert facility=0 program=kernel text=t\n");
  std::string longest(kMaxText, '\n');
  EXPECT_FALSE(write_entry({.text = longest}, out)) << "the whole record or nothing";
  std::vector<char> room(8 * 1024);
  state::RecordWriter large(room);
  std::string name(syslog::kMaxProgram, '\n');
  std::string id(syslog::kMaxMessageId, '\n');
  EXPECT_TRUE(write_entry({.sequence = UINT64_MAX,
                           .utc_ms = INT64_MAX,
                           .at = from_ms(INT64_MAX),
                           .pid = UINT32_MAX,
                           .program = name,
                           .message_id = id,
                           .text = longest},
                          large))
      << "a reader's buffer holds the largest";
}

}  // namespace
}  // namespace ck::logring
