// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "engine/supervise/state_file.h"
#include "wire/state/search.h"

namespace ck::supervise {
namespace {

TEST(Trust, TheLevelOfLockdownIsTheOneInBrackets) {
  EXPECT_EQ(level_of("none integrity [confidentiality]\n"), "confidentiality");
  EXPECT_EQ(level_of("[none] integrity confidentiality\n"), "none");
  EXPECT_EQ(level_of("none integrity\n"), "");
  EXPECT_EQ(level_of("none [integrity\n"), "");
  EXPECT_EQ(level_of(""), "");
}

TEST(Trust, IgnoredWordsAreToldWithoutTheirMark) {
  EXPECT_EQ(ignored_words("quiet console=tty0 ignored.lsm= corekms.hostname=a ignored.mitigations=off \n"),
            "lsm= mitigations=off");
  EXPECT_EQ(ignored_words("quiet not-ignored.this\n"), "");
  EXPECT_EQ(ignored_words(""), "");
  std::string many = "ignored.first";
  for (int i = 0; i < 100; ++i) many += " ignored.word";
  auto told = ignored_words(many);
  EXPECT_TRUE(told.view().starts_with("first word")) << told.view();
  EXPECT_TRUE(told.view().ends_with("word")) << "no word is cut: " << told.view();
}

TEST(Trust, TheStateFileHasIt) {
  SystemFacts facts;
  Supervisor supervisor;
  char buffer[2048];
  auto trust = [&] { return *state::find(write_state(facts, supervisor, buffer), "trust"); };
  EXPECT_EQ(trust().text<8>("secure-boot"), "none");
  EXPECT_FALSE(trust().raw("lockdown"));
  facts.trust = {.secure_boot = TrustFacts::SecureBoot::On,
                 .lockdown = FixedString<20>("confidentiality"),
                 .ignored = FixedString<200>("lsm= a=b")};
  EXPECT_EQ(trust().text<8>("secure-boot"), "on");
  EXPECT_EQ(trust().text<20>("lockdown"), "confidentiality");
  EXPECT_EQ(trust().text<64>("ignored"), "lsm= a=b");
}

}  // namespace
}  // namespace ck::supervise
