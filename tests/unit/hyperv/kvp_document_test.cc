// SPDX-License-Identifier: MIT
#include "engine/hyperv/kvp_document.h"

#include <gtest/gtest.h>

#include "support/kvp_items.h"

namespace ck::hyperv {
namespace {

using Items = std::vector<std::pair<std::string, std::string>>;

constexpr TimePoint kBegin = from_ms(500);

std::optional<config::Content> after(const Items& items) {
  KvpDocument document(kBegin);
  for (const auto& [key, value] : items) EXPECT_EQ(document.receive(host_sets(key, value), kBegin), Status::Ok);
  return document.document();
}

TEST(KvpDocument, InOneValueOrInParts) {
  struct {
    Items items;
    std::string_view text;
  } cases[] = {
      {{{"corekms.config", "[system]\n"}}, "[system]\n"},
      {{{"corekms.config", "W3N5c3RlbV0K"}, {"corekms.config.encoding", "base64"}}, "[system]\n"},
      {{{"corekms.config.1", "tem]\n"}, {"other", "x"}, {"corekms.config.0", "[sys"}}, "[system]\n"},
      {{{"corekms.config.encoding", "b64"}, {"corekms.config.0", "W3N5c3"}, {"corekms.config.1", "RlbV0K"}},
       "[system]\n"},
      {{{"corekms.config", "old"}, {"corekms.config", "new"}}, "new"},
  };
  for (const auto& each : cases) {
    auto found = after(each.items);
    ASSERT_TRUE(found) << each.text;
    EXPECT_EQ(found->trouble, "");
    EXPECT_EQ(found->text, each.text);
  }
}

TEST(KvpDocument, TenPartsInTheOrderOfTheirNumbers) {
  Items items;
  std::string all;
  for (int i = 11; i >= 0; --i) items.push_back({"corekms.config." + std::to_string(i), std::string(1, char('a' + i))});
  EXPECT_EQ(after(items)->text, "abcdefghijkl");
}

TEST(KvpDocument, OtherKeysAndOtherPoolsAreNone) {
  EXPECT_FALSE(after({}));
  EXPECT_FALSE(after({{"corekms.configuration", "x"},
                      {"corekms.config.x", "x"},
                      {"corekms.config.01", "x"},
                      {"corekms.config.", "x"},
                      {"corekms.config.-1", "x"},
                      {"corekms.config.encoding", "base64"}}));
  KvpDocument document(kBegin);
  EXPECT_EQ(document.receive(host_sets("corekms.config", "x", 1), kBegin), Status::Ok);
  EXPECT_FALSE(document.document());
}

TEST(KvpDocument, WhatIsWrongIsNamed) {
  struct {
    Items items;
    std::string_view trouble;
  } cases[] = {
      {{{"corekms.config.0", "a"}, {"corekms.config.2", "c"}}, "corekms.config.1 is missing"},
      {{{"corekms.config.1", "b"}}, "corekms.config.0 is missing"},
      {{{"corekms.config", "a"}, {"corekms.config.0", "a"}}, "both corekms.config and its parts are set"},
      {{{"corekms.config.128", "a"}}, "corekms.config has parts beyond 127"},
      {{{"corekms.config.18446744073709551615", "a"}}, "corekms.config has parts beyond 127"},
      {{{"corekms.config", "a"}, {"corekms.config.encoding", "rot13"}},
       "its encoding is \"rot13\": expected base64 or gzip+base64"},
  };
  for (const auto& each : cases) {
    auto found = after(each.items);
    ASSERT_TRUE(found) << each.trouble;
    EXPECT_EQ(found->trouble, each.trouble);
  }
}

TEST(KvpDocument, ThePartsTogetherAreLimitedAsADocumentIs) {
  Items items;
  for (int i = 0; i < 64; ++i) items.push_back({"corekms.config." + std::to_string(i), std::string(1024, '#')});
  EXPECT_EQ(after(items)->text.size(), 65536u);
  items.push_back({"corekms.config.64", "#"});
  EXPECT_EQ(after(items)->trouble, "longer than 65536 bytes");
}

TEST(KvpDocument, EveryMessageOfTheHostHasAnAnswer) {
  KvpDocument document(kBegin);
  EXPECT_EQ(document.receive(host_asks(Operation::Register), kBegin), std::nullopt) << "that is the kernel's";
  EXPECT_EQ(document.receive(host_asks(Operation::Enumerate), kBegin), Status::NoItem);
  EXPECT_EQ(document.receive(host_asks(Operation::Get), kBegin), Status::NoItem);
  EXPECT_EQ(document.receive(host_asks(Operation::SetIpInfo), kBegin), Status::Failed);
  EXPECT_EQ(document.receive(host_sets("", ""), kBegin), Status::Failed);
  EXPECT_EQ(document.receive({}, kBegin), std::nullopt);
}

TEST(KvpDocument, EndsWithSilenceAndAtTheLatestAfterItsTime) {
  KvpDocument document(kBegin);
  EXPECT_EQ(document.deadline(), kBegin + kQuiet);
  (void)document.receive(host_sets("a", "b"), kBegin + 700ms);
  EXPECT_EQ(document.deadline(), kBegin + 700ms + kQuiet);
  (void)document.receive({}, kBegin + 800ms);
  EXPECT_EQ(document.deadline(), kBegin + 700ms + kQuiet) << "what is no message is silence";
  (void)document.receive(host_sets("a", "b"), kBegin + 2900ms);
  EXPECT_EQ(document.deadline(), kBegin + kMostTime);
}

}  // namespace
}  // namespace ck::hyperv
