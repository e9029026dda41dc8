// SPDX-License-Identifier: MIT
// Which of several sources wins.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "app/config/sources.h"
#include "engine/config/user_data.h"

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

constexpr std::string_view kNote = " is not for this system: its first line does not begin with #corekms";

// For another system: without effect, but said.
TEST(ConfigUserData, WhatIsForAnotherSystemIsNoDocumentAndIsSaid) {
  struct Case {
    const char* text;
    const char* trouble;
    bool is_found;
    bool is_noted;
  };
  constexpr Case kCases[] = {
      {"#corekms\n[system]\n", "", true, false},
      {"#corekms", "", true, false},
      {"", "cannot be read: Input/output error", true, false},
      {"#corekms\n[system", "longer than 65536 bytes", true, false},
      {"", "", false, false},
      {" \r\n\n", "", false, false},
      {"#cloud-config\npackages: [x]\n", "", false, true},
      {"\n#corekms\n", "", false, true},
      {"[system]\nhostname = \"h\"\n", "", false, true},
      {"\x1f\x8b\x08", "", false, true},
      {"#!/bin/sh\nexit 0", "longer than 65536 bytes", false, true},
  };
  for (const Case& one : kCases) {
    Content content{.text = one.text, .trouble = one.trouble};
    UserData data{.volume = "volume CIDATA (sr0)", .file = "user-data", .content = &content};
    Candidate chosen = choose_user_data("NoCloud", {&data, 1});
    EXPECT_EQ(chosen.is_found, one.is_found) << one.text;
    EXPECT_EQ(chosen.name, one.is_found ? "volume CIDATA (sr0)" : "NoCloud");
    EXPECT_EQ(chosen.text, one.is_found ? one.text : "");
    EXPECT_EQ(chosen.trouble, one.is_found ? one.trouble : "");
    ASSERT_EQ(chosen.notes.size(), one.is_noted ? 1u : 0u) << one.text;
    if (one.is_noted) {
      EXPECT_EQ(chosen.notes[0], "volume CIDATA (sr0): user-data" + std::string(kNote));
    }
  }
}

TEST(ConfigUserData, TheFirstThatIsForThisSystemIsTakenAndEachOtherIsSaid) {
  Content other{.text = "#cloud-config\n", .trouble = {}};
  Content own{.text = "#corekms\n", .trouble = {}};
  const UserData all[] = {{"volume config-2 (sda)", "user_data", &other},
                          {"volume config-2 (sdb)", "user_data", &own},
                          {"volume config-2 (sdc)", "user_data", &own},
                          {"volume config-2 (sdd)", "user_data", &other}};
  Candidate chosen = choose_user_data("ConfigDrive", all);
  EXPECT_EQ(chosen.name, "volume config-2 (sdb)");
  ASSERT_EQ(chosen.notes.size(), 2u);
  EXPECT_EQ(chosen.notes[0], "volume config-2 (sda): user_data" + std::string(kNote));
  EXPECT_EQ(chosen.notes[1], "volume config-2 (sdd): user_data" + std::string(kNote));
  EXPECT_EQ(choose_user_data("ConfigDrive", {}).notes.size(), 0u);
}

// A note and nothing more: neither a finding nor a document, whatever else there is.
TEST(ConfigUserData, ANoteChangesNothing) {
  Content other{.text = "#cloud-config\nhostname: h\n", .trouble = {}};
  UserData data{.volume = "volume CIDATA (sr0)", .file = "user-data", .content = &other};
  Candidate cloud_init = choose_user_data("NoCloud", {&data, 1});
  std::string line = "volume CIDATA (sr0): user-data" + std::string(kNote);

  Outcome alone = evaluate({&cloud_init, 1}, "");
  EXPECT_EQ(alone.standing, Standing::Standard);
  EXPECT_TRUE(alone.winner.empty());
  EXPECT_TRUE(alone.checked.findings.empty());
  ASSERT_EQ(alone.notes.size(), 1u);
  EXPECT_EQ(to_line(alone.notes[0], alone), line);
  std::string state = write_state(alone, {&cloud_init, 1}, 4096);
  EXPECT_NE(
      state.find("candidate name=NoCloud state=absent\nnote text=volume%20CIDATA%20(sr0):%20user-data%20is%20not"),
      std::string::npos)
      << state;

  CloudFiles files{.volume = "volume CIDATA (sr0)",
                   .network = "version: 2\nethernets:\n  eth0:\n    addresses: [192.0.2.9/24]\n"};
  const Candidate both[] = {cloud_init, {.name = "fw_cfg", .is_found = true, .text = "[system]\n", .trouble = {}}};
  Outcome used = evaluate(both, "", &files);
  EXPECT_EQ(used.standing, Standing::Good);
  EXPECT_EQ(used.winner, "fw_cfg");
  EXPECT_TRUE(used.checked.findings.empty());
  EXPECT_NE(used.checked.of(Program::Netd).find("192.0.2.9/24"), std::string::npos);
  ASSERT_EQ(used.notes.size(), 1u);
  EXPECT_EQ(to_line(used.notes[0], used), line);
}

}  // namespace
}  // namespace ck::config
