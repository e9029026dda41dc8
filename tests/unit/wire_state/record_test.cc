// SPDX-License-Identifier: MIT
#include "wire/state/record.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::state {
namespace {

TEST(Record, ComesBackAsItWasWritten) {
  char buffer[256];
  RecordWriter writer(buffer);
  std::string hostile = "a b%\n\x1b[2J\xc3\xa4=x";
  writer.begin("link").field("name", hostile).field("index", -7);
  ASSERT_TRUE(writer.end());
  writer.begin("dns");
  ASSERT_TRUE(writer.end());
  EXPECT_EQ(writer.view().find('\x1b'), std::string_view::npos);

  RecordReader reader(writer.view());
  auto link = reader.next();
  ASSERT_TRUE(link);
  EXPECT_EQ(link->kind(), "link");
  EXPECT_EQ(std::string(link->text<64>("name").view()), hostile);
  EXPECT_EQ(link->number("index"), -7);
  EXPECT_FALSE(link->raw("nam"));
  EXPECT_FALSE(link->raw("link"));
  auto dns = reader.next();
  ASSERT_TRUE(dns);
  EXPECT_EQ(dns->kind(), "dns");
  EXPECT_FALSE(reader.next());
}

TEST(RecordWriter, LeavesOutAWholeRecordRatherThanHalfOfOne) {
  char buffer[20];
  RecordWriter writer(buffer);
  ASSERT_TRUE(writer.begin("a").field("k", "v").end());
  EXPECT_FALSE(writer.begin("b").field("key", "much too long for it").end());
  EXPECT_TRUE(writer.truncated());
  EXPECT_EQ(writer.view(), "a k=v\n");
  EXPECT_TRUE(writer.begin("c").field("k", 1).end());
  EXPECT_EQ(writer.view(), "a k=v\nc k=1\n");
}

TEST(Record, BadEncodingIsAnEmptyValue) {
  for (const char* line : {"x k=%", "x k=%1", "x k=%zz"}) {
    EXPECT_TRUE(Record(line).text<16>("k").empty()) << line;
    EXPECT_TRUE(Record(line).raw("k")) << line;
  }
}

TEST(Record, NumbersAreStrict) {
  EXPECT_EQ(Record("x n=9223372036854775807").number("n"), INT64_MAX);
  for (const char* line : {"x n=", "x n=-", "x n=1a", "x n=9223372036854775808", "x"})
    EXPECT_FALSE(Record(line).number("n")) << line;
}

TEST(RecordReader, PassesOverEmptyLines) {
  RecordReader reader("\n\na b=c\n\n");
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace ck::state
