// SPDX-License-Identifier: MIT
#include "wire/syslog/local.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

namespace ck::syslog {
namespace {

struct Case {
  std::string_view datagram;
  unsigned priority;
  std::string_view program;
  uint32_t pid;
  std::string_view id;
  std::string_view text;
};

void expect_all(std::span<const Case> cases) {
  for (const Case& one : cases) {
    auto message = parse_local(one.datagram);
    ASSERT_TRUE(message) << one.datagram;
    EXPECT_EQ(message->priority.value(), one.priority) << one.datagram;
    EXPECT_EQ(message->program, one.program) << one.datagram;
    EXPECT_EQ(message->pid, one.pid) << one.datagram;
    EXPECT_EQ(message->message_id, one.id) << one.datagram;
    EXPECT_EQ(message->text, one.text) << one.datagram;
  }
}

TEST(SyslogLocal, WhatSyslog3WritesIsTakenApart) {
  constexpr Case kCases[] = {
      {"<30>Nov 26 04:05:06 ntpd[123]: clock set\n", 30, "ntpd", 123, "", "clock set"},
      {"<13>Nov  6 04:05:06 root: hello", 13, "root", 0, "", "hello"},
      {"<13>Nov  6 04:05:06 root: a: b: c", 13, "root", 0, "", "a: b: c"},
      {std::string_view("<0>Nov  6 04:05:06 x: ends with a NUL\0", 38), 0, "x", 0, "", "ends with a NUL"},
      {"<191>2026-11-26T04:05:06.123456+00:00 app[7]: RFC 3339", 191, "app", 7, "", "RFC 3339"},
      {"<14>my-daemon.service[9]: no time", 14, "my-daemon.service", 9, "", "no time"},
      {"<14>(sd-pam): odd name", 14, "(sd-pam)", 0, "", "odd name"},
      {"<14>run 12 12:00:00 is no month", 14, "", 0, "", "run 12 12:00:00 is no month"},
      {"<14>anF 12 12:00:00 nor is this", 14, "", 0, "", "anF 12 12:00:00 nor is this"},
      {"<14>app:", 14, "", 0, "", "app:"},
  };
  expect_all(std::span(kCases).first(std::size(kCases) - 1));
  EXPECT_FALSE(parse_local(std::rbegin(kCases)->datagram)) << "a name, and nothing said";
}

TEST(SyslogLocal, Rfc5424IsTakenApart) {
  constexpr Case kCases[] = {
      {"<165>1 2003-10-11T22:14:15.003Z host.example evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"App\"] "
       "\xef\xbb\xbf"
       "An event",
       165, "evntslog", 0, "ID47", "An event"},
      {"<34>1 2003-10-11T22:14:15.003Z host su 77 - - 'su root' failed", 34, "su", 77, "", "'su root' failed"},
      {"<34>1 - - - - - - text", 34, "", 0, "", "text"},
      {"<34>1 - - p x - [a b=\"]\\\"] \\\\\"][c] text", 34, "p", 0, "", "text"},
      {"<34>1 - - p - - -  two blanks", 34, "p", 0, "", " two blanks"},
  };
  expect_all(kCases);
}

TEST(SyslogLocal, WhatFollowsNeitherFormIsText) {
  constexpr Case kCases[] = {
      {"no priority at all", 13, "", 0, "", "no priority at all"},
      {"<192>too large", 13, "", 0, "", "<192>too large"},
      {"<>empty", 13, "", 0, "", "<>empty"},
      {"<1234>long", 13, "", 0, "", "<1234>long"},
      {"<-1>signed", 13, "", 0, "", "<-1>signed"},
      {"<14>see http://example.org/", 14, "", 0, "", "see http://example.org/"},
      {"<14>http://example.org/", 14, "", 0, "", "http://example.org/"},
      {"<14>12:30 is the time", 14, "", 0, "", "12:30 is the time"},
      {"<14>: nobody", 14, "", 0, "", ": nobody"},
      {"<14>app[x]: no number", 14, "", 0, "", "app[x]: no number"},
      {"<14>app[12: open", 14, "", 0, "", "app[12: open"},
      {"<34>1 2003-10-11T22:14:15.003Z host su", 34, "", 0, "", "1 2003-10-11T22:14:15.003Z host su"},
      {"<34>1 - - p - - [a b=\"] text", 34, "", 0, "", "1 - - p - - [a b=\"] text"},
      {"<34>2 - - p - - - text", 34, "", 0, "", "2 - - p - - - text"},
  };
  expect_all(kCases);
}

TEST(SyslogLocal, WithoutTextThereIsNoMessage) {
  for (std::string_view datagram : {"", "\n", "<14>", "<14>\n\n", "<14>Nov 26 04:05:06 ", "<14>1 - - p - - -"})
    EXPECT_FALSE(parse_local(datagram)) << datagram;
}

TEST(SyslogLocal, ATagIsNoLongerThanAName) {
  std::string name(48, 'n');
  EXPECT_EQ(split_tag(name + ": text").program, name);
  EXPECT_EQ(split_tag(name + "n: text").text, name + "n: text");
}

TEST(SyslogPriority, NamesComeBackAsWhatTheyName) {
  for (unsigned i = 0; i < kSeverities; ++i) {
    auto severity = static_cast<Severity>(i);
    EXPECT_EQ(parse_severity(name_of(severity)), severity);
  }
  EXPECT_FALSE(parse_severity("loud"));
  EXPECT_EQ(priority_of(191).facility, 23);
  EXPECT_EQ(priority_of(192).facility, kFacilityUser) << "there is no facility 24";
  EXPECT_EQ(priority_of(192).severity, Severity::Emergency);
}

}  // namespace
}  // namespace ck::syslog
