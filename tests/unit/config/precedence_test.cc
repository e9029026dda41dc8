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

TEST(ConfigPrecedence, ACloudsFilesLieUnderWhicheverDocumentWins) {
  CloudFiles files{.volume = "volume CIDATA (sr0)",
                   .network = "version: 2\nethernets:\n  eth0:\n    addresses: [192.0.2.9/24]\n    bridge: x\n",
                   .metadata = "local-hostname: by-cloud.example.org\n"};
  Outcome alone = evaluate({}, "", &files);
  EXPECT_EQ(alone.standing, Standing::Good);
  EXPECT_TRUE(alone.winner.empty());
  EXPECT_NE(alone.checked.of(Program::System).find("hostname=by-cloud"), std::string::npos);
  EXPECT_NE(alone.checked.of(Program::Netd).find("192.0.2.9/24"), std::string::npos);
  ASSERT_FALSE(alone.notes.empty());
  EXPECT_EQ(to_line(alone.notes[0], alone).substr(0, 39), "volume CIDATA (sr0) network-config:5:5:");

  Candidate document{
      .name = "fw_cfg", .is_found = true, .text = "[[link]]\nname='eth0'\naddresses='192.0.2.7/24'\n", .trouble = {}};
  Outcome both = evaluate({&document, 1}, "corekms.hostname=by-hand", &files);
  EXPECT_EQ(both.winner, "fw_cfg");
  EXPECT_NE(both.checked.of(Program::System).find("hostname=by-hand"), std::string::npos);
  EXPECT_EQ(both.checked.of(Program::Netd).find("192.0.2.9"), std::string::npos);
  EXPECT_NE(both.checked.of(Program::Netd).find("192.0.2.7/24"), std::string::npos);

  std::string state = write_state(alone, {}, 4096);
  EXPECT_NE(state.find("from=volume%20CIDATA%20(sr0)%20network-config\n"), std::string::npos) << state;
  EXPECT_NE(state.find("note text="), std::string::npos);

  files.trouble = "network-config is longer than 65536 bytes";
  EXPECT_EQ(evaluate({&document, 1}, "", &files).standing, Standing::Broken);
}

}  // namespace
}  // namespace ck::config
