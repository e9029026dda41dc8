// SPDX-License-Identifier: MIT
#include "engine/web/log_lines.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ck::web {
namespace {

std::string lines_of(std::string_view text, size_t piece, size_t size = 4096) {
  auto buffer = std::make_unique<char[]>(size);
  Body body({buffer.get(), size}, LogLines::kReserve);
  auto lines = std::make_unique<LogLines>();
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) lines->feed(text.substr(0, piece), body);
  lines->finish(body);
  return body.overflowed() ? "overflowed" : std::string(body.view());
}

constexpr std::string_view kTwo =
    "lost count=4\n"
    "entry seq=5 utc-ms=1795665540001 monotonic-ms=10 severity=info facility=3 program=netd text=eth0:%20lease\n"
    "other x=y\n"
    "entry seq=6 utc-ms=1795665541000 monotonic-ms=20 severity=warning facility=3 program=a%0ab text=x%1b[31my%ff\n";

TEST(WebLogLines, OneLineAnEntryHoweverItComes) {
  std::string lines =
      "# lost: 4\n5 2026-11-26T03:59:00.001Z info netd: eth0: lease\n"
      "6 2026-11-26T03:59:01.000Z warning a\xef\xbf\xbd"
      "b: x\xef\xbf\xbd[31my\xef\xbf\xbd\n";
  for (size_t piece : {1u, 2u, 7u, 64u, 4096u}) EXPECT_EQ(lines_of(kTwo, piece), lines) << piece;
}

TEST(WebLogLines, SaysWhereToGoOn) {
  std::string text = lines_of(kTwo, 4096, 60 + LogLines::kReserve);
  EXPECT_EQ(text, "# lost: 4\n5 2026-11-26T03:59:00.001Z info netd: eth0: lease\n# cut: go on with since=5\n");
}

TEST(WebLogLines, ARecordThatIsTooLongIsPassedOver) {
  std::string text =
      "entry seq=1 program=x text=" + std::string(LogLines::kMaxRecord, 'x') + "\nentry seq=2 program=y text=z\n";
  EXPECT_EQ(lines_of(text, 1000), "2 1970-01-01T00:00:00.000Z  y: z\n");
}

TEST(WebLogLines, TellsWhyThereIsNothing) {
  EXPECT_EQ(lines_of("error text=too%20many%20readers\n", 5), "# too many readers\n");
}

TEST(WebLogLines, SinceIsANumber) {
  EXPECT_EQ(parse_since(""), 0u);
  EXPECT_EQ(parse_since("since=12"), 12u);
  for (const char* query :
       {"since=", "since=-1", "since=1x", "since=9223372036854775808", "until=1", "since=1&x=y", "%73ince=1"})
    EXPECT_EQ(parse_since(query), std::nullopt) << query;
}

}  // namespace
}  // namespace ck::web
