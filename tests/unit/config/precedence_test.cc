// SPDX-License-Identifier: MIT
// Which of several sources wins.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "app/config/sources.h"

namespace ck::config {
namespace {

// Whatever is found further down, the first in the order that is there wins.
TEST(Precedence, OfTheSourcesInTheirOrder) {
  constexpr std::string_view kOrder[] = {"volume COREKMS", "NoCloud", "ConfigDrive", "guestinfo",
                                         "SMBIOS",         "fw_cfg",  "built in"};
  std::vector<Candidate> all(3);  // this machine's disks are no business of a test
  all[0].name = "volume COREKMS";
  all[1].name = "NoCloud";
  all[2].name = "ConfigDrive";
  look_elsewhere(all);
  std::vector<std::string> names;
  for (Candidate& each : all) {
    names.push_back(each.name);
    each = {.name = each.name, .is_found = false, .text = "[system]\nhostname = \"", .trouble = {}};
    each.text += "n" + std::to_string(names.size()) + "\"\n";
  }
  auto at = names.begin();
  for (std::string_view name : kOrder) {
    at = std::find(at, names.end(), name);
    ASSERT_NE(at, names.end()) << name << " is not in its place";
  }
  for (size_t found = 0; found < 1u << all.size(); ++found) {
    for (size_t i = 0; i < all.size(); ++i) all[i].is_found = (found >> i & 1) != 0;
    Outcome outcome = evaluate(all, "");
    if (found == 0) {
      EXPECT_EQ(outcome.winner, "");
      continue;
    }
    auto first = static_cast<size_t>(std::countr_zero(found));
    EXPECT_EQ(outcome.winner, all[first].name);
    ASSERT_EQ(outcome.checked.settings.size(), 1u);
    EXPECT_EQ(outcome.checked.settings[0].value, "n" + std::to_string(first + 1));
  }
}

}  // namespace
}  // namespace ck::config
