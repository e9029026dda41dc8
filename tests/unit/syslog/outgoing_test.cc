// SPDX-License-Identifier: MIT
#include "wire/syslog/outgoing.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/syslog/utf8.h"

namespace ck::syslog {
namespace {

constexpr int64_t kUtc = 1'795'665'906'789;  // 2026-11-26T04:05:06.789Z

Outgoing standard(std::string_view text) {
  return {.priority = {kFacilityDaemon, Severity::Info},
          .utc_ms = kUtc,
          .uptime_ms = 42'426,
          .sequence = 7,
          .pid = 123,
          .host = "gw1",
          .program = "gatewayd",
          .message_id = "connection",
          .text = text};
}

std::string written(const Outgoing& message, Format format, Framing framing = Framing::None) {
  static std::array<char, kMaxFrame> buffer;
  return std::string(as_text(write_message(message, format, framing, buffer)));
}

constexpr std::string_view kHead =
    "<30>1 2026-11-26T04:05:06.789Z gw1 gatewayd 123 connection "
    "[meta sequenceId=\"7\" sysUpTime=\"4242\"] ";

TEST(SyslogOutgoing, Rfc5424HasEveryField) {
  EXPECT_EQ(written(standard("text"), Format::Rfc5424), std::string(kHead) + "text");
  Outgoing bare{.utc_ms = kUtc, .text = "x"};
  EXPECT_EQ(written(bare, Format::Rfc5424), "<13>1 2026-11-26T04:05:06.789Z - - - - [meta sysUpTime=\"0\"] x");
  Outgoing odd = standard("x");
  odd.program = "a b\xc3\xa4";
  EXPECT_NE(written(odd, Format::Rfc5424).find(" a_b__ 123 "), std::string::npos);
}

TEST(SyslogOutgoing, OnlyUtf8ThatIsMoreThanAsciiHasAByteOrderMark) {
  EXPECT_EQ(written(standard("gr\xc3\xbc\xc3\x9f"), Format::Rfc5424),
            std::string(kHead) + "\xef\xbb\xbfgr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(written(standard("gr\xfc\xdf"), Format::Rfc5424), std::string(kHead) + "gr\xfc\xdf") << "Latin-1 is not";
}

TEST(SyslogOutgoing, ControlCharactersAreMadeVisible) {
  EXPECT_EQ(written(standard("a\nb\x1b[2J\x7f"), Format::Rfc5424), std::string(kHead) + "a\\x0ab\\x1b[2J\\x7f");
}

TEST(SyslogOutgoing, NothingIsLongerThanItsBound) {
  for (std::string_view unit : {"x", "\xc3\xa4", "\xf0\x9f\x98\x80", "\n", "\xff"}) {
    std::string text;
    while (text.size() < 9000) text += unit;
    std::string line = written(standard(text), Format::Rfc5424);
    EXPECT_LE(line.size(), kMaxRfc5424);
    EXPECT_GT(line.size(), kMaxRfc5424 - 4);
    if (encoding_of(text) != Encoding::Other) {
      EXPECT_NE(encoding_of(line), Encoding::Other) << "cut within a character";
    }
    for (Format format : {Format::Gelf, Format::Json}) {
      std::string object = written(standard(text), format);
      EXPECT_LE(object.size(), kMaxJson);
      EXPECT_GT(object.size(), kMaxJson - 8);
      EXPECT_TRUE(object.ends_with("\"}"));
      EXPECT_NE(encoding_of(object), Encoding::Other);
    }
  }
}

TEST(SyslogOutgoing, GelfHasWhatItsServersWant) {
  EXPECT_EQ(
      written(standard("say \"hi\"\\\n\x01\xff"), Format::Gelf),
      "{\"version\":\"1.1\",\"host\":\"gw1\",\"timestamp\":1795665906.789,\"level\":6,\"_facility\":3,"
      "\"_program\":\"gatewayd\",\"_pid\":123,\"_message_id\":\"connection\",\"_sequence\":7,\"_uptime_ms\":42426,"
      "\"short_message\":\"say \\\"hi\\\"\\\\\\n\\u0001\xef\xbf\xbd\"}");
  Outgoing bare{.utc_ms = kUtc};
  std::string object = written(bare, Format::Gelf);
  EXPECT_NE(object.find("\"host\":\"-\""), std::string::npos);
  EXPECT_NE(object.find("\"short_message\":\"-\""), std::string::npos);
}

TEST(SyslogOutgoing, JsonLinesHaveEveryField) {
  EXPECT_EQ(written(standard("t\tx"), Format::Json),
            "{\"time\":\"2026-11-26T04:05:06.789Z\",\"host\":\"gw1\",\"severity\":\"info\",\"facility\":3,"
            "\"program\":\"gatewayd\",\"pid\":123,\"id\":\"connection\",\"sequence\":7,\"uptime-ms\":42426,"
            "\"text\":\"t\\tx\"}");
}

TEST(SyslogOutgoing, FramesSayWhereAMessageEnds) {
  std::string line = std::string(kHead) + "text";
  EXPECT_EQ(written(standard("text"), Format::Rfc5424, Framing::Octet), std::to_string(line.size()) + " " + line);
  EXPECT_EQ(written(standard("text"), Format::Rfc5424, Framing::Newline), line + "\n");
  std::string object = written(standard("text"), Format::Gelf);
  EXPECT_EQ(written(standard("text"), Format::Gelf, Framing::Null), object + '\0');
  std::string longest(9000, 'x');
  for (Framing framing : {Framing::Octet, Framing::Newline, Framing::Null})
    EXPECT_LE(written(standard(longest), Format::Json, framing).size(), kMaxFrame);
}

TEST(SyslogOutgoing, SequenceIdsBeginAnewWhereTheStandardSaysSo) {
  Outgoing message = standard("x");
  message.sequence = 2'147'483'647;
  EXPECT_NE(written(message, Format::Rfc5424).find("sequenceId=\"2147483647\""), std::string::npos);
  message.sequence += 1;
  EXPECT_NE(written(message, Format::Rfc5424).find("sequenceId=\"1\""), std::string::npos);
}

TEST(Utf8, OnlyWhatTheStandardAllowsIsACharacter) {
  for (std::string_view good :
       {"a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(character_size(good, 0), good.size());
  for (std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                               "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xff"})
    EXPECT_EQ(character_size(bad, 0), 0u);
}

TEST(Utf8, ACutNeverHalvesACharacter) {
  std::string_view text = "a\xc3\xa4\xf0\x9f\x98\x80z";
  for (auto [size, whole] : {std::pair(0, 0), {1, 1}, {2, 1}, {3, 3}, {4, 3}, {5, 3}, {6, 3}, {7, 7}, {8, 8}, {9, 8}})
    EXPECT_EQ(cut(text, static_cast<size_t>(size)).size(), static_cast<size_t>(whole)) << size;
  EXPECT_EQ(cut("\x80\x80\x80\x80\x80", 4).size(), 4u) << "what is no text is cut anywhere";
}

}  // namespace
}  // namespace ck::syslog
