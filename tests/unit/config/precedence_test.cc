// SPDX-License-Identifier: MIT
// Which of several sources wins.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "app/config/sources.h"

namespace ck::config {
namespace {

constexpr std::string_view kOrder[] = {"volume COREKMS", "NoCloud", "ConfigDrive", "guestinfo",
                                       "Hyper-V KVP",    "SMBIOS",  "fw_cfg",      "built in"};

// A hypervisor's channel is looked at on its own machines alone. This machine's disks are no business of a test.
TEST(Precedence, SourcesAreLookedAtInTheirOrder) {
  std::vector<Candidate> all;
  look_elsewhere(all);
  EXPECT_GE(all.size(), 3u);
  auto at = std::begin(kOrder);
  for (const Candidate& each : all) {
    at = std::find(at, std::end(kOrder), each.name);
    ASSERT_NE(at, std::end(kOrder)) << each.name << " is not in its place";
  }
}

// Whatever is found further down, the first that is there wins.
TEST(Precedence, TheFirstThatIsThereWins) {
  std::vector<Candidate> all;
  for (std::string_view name : kOrder)
    all.push_back({.name = std::string(name),
                   .is_found = false,
                   .text = "[system]\nhostname = \"n" + std::to_string(all.size()) + "\"\n",
                   .trouble = {}});
  for (size_t found = 0; found < 1u << all.size(); ++found) {
    for (size_t i = 0; i < all.size(); ++i) all[i].is_found = (found >> i & 1) != 0;
    Outcome outcome = evaluate(all, "");
    if (found == 0) {
      EXPECT_EQ(outcome.winner, "");
      continue;
    }
    auto first = static_cast<size_t>(std::countr_zero(found));
    EXPECT_EQ(outcome.winner, kOrder[first]);
    ASSERT_EQ(outcome.checked.settings.size(), 1u);
    EXPECT_EQ(outcome.checked.settings[0].value, "n" + std::to_string(first));
  }
}

}  // namespace
}  // namespace ck::config
