// SPDX-License-Identifier: MIT
// docs/gateway.md shows the table of verdicts as the code has it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/text.h"
#include "engine/gateway/verdict.h"

namespace ck::gateway {
namespace {

std::string_view words_of(Blame blame) {
  switch (blame) {
    case Blame::Nobody: return "served";
    case Blame::Client: return "the client's";
    case Blame::Overload: return "overload";
    case Blame::Upstream: return "the host's";
  }
  return "";
}

TEST(GatewayDocumentation, HasEachRowOfTheTable) {
  std::ifstream file(CK_SOURCE_DIR "/docs/gateway.md");
  std::stringstream text;
  text << file.rdbuf();
  size_t rows = 0;
  for (const VerdictRow& row : verdict_table()) {
    if (row.verdict == Verdict::Open) continue;
    char buffer[300];
    TextWriter line(buffer);
    line.put("| ").put(row.name).put(" | ").put(row.text).put(" | ").put(words_of(row.blame)).put(" | ");
    row.nak ? line.number(static_cast<uint64_t>(*row.nak)) : line.put('-');
    line.put(" | ");
    row.fault ? line.put("0x").hex(static_cast<uint64_t>(*row.fault), 8) : line.put('-');
    line.put(" |\n");
    EXPECT_NE(text.str().find(line.view()), std::string::npos) << line.view();
    ++rows;
  }
  EXPECT_EQ(rows, kVerdicts - 1);
}

}  // namespace
}  // namespace ck::gateway
