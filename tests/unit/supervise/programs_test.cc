// SPDX-License-Identifier: MIT
#include "app/init/programs.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace ck::init {
namespace {

std::vector<std::string> strings(const StringList& list) {
  std::vector<std::string> all;
  for (const char* text : list.list())
    if (text != nullptr) all.emplace_back(text);
  EXPECT_EQ(list.list().back(), nullptr) << "exec wants a null pointer at the end";
  return all;
}

TEST(StringList, JoinsThePartsOfEach) {
  StringList list;
  EXPECT_TRUE(list.add({"NOTIFY_SOCKET=", "/run/x"}));
  EXPECT_TRUE(list.add({""}));
  EXPECT_TRUE(list.add({"HOME=/"}));
  EXPECT_EQ(strings(list), (std::vector<std::string>{"NOTIFY_SOCKET=/run/x", "", "HOME=/"}));
}

TEST(StringList, RefusesWhatDoesNotFitAndKeepsTheRest) {
  StringList list;
  EXPECT_FALSE(list.add({std::string(5000, 'x')}));
  EXPECT_TRUE(list.add({std::string(4000, 'x')}));
  EXPECT_FALSE(list.add({std::string(95, 'y')})) << "one byte short of its end";
  EXPECT_TRUE(list.add({std::string(94, 'y')}));
  EXPECT_FALSE(list.add({""}));
  EXPECT_EQ(strings(list).size(), 2u);

  StringList many;
  int added = 0;
  while (many.add({"a"})) ++added;
  EXPECT_EQ(strings(many).size(), static_cast<size_t>(added));
  EXPECT_GT(added, 20) << "room for all arguments that a document may have";
}

TEST(Programs, EachHasItsOwnUserAndNoMoreCapabilitiesThanItNeeds) {
  const std::map<std::string_view, uint64_t> kCapabilities = {
      {"netd", sys::kCapNetAdmin | sys::kCapNetRaw | sys::kCapNetBindService},
      {"logd", sys::kCapSyslog},
      {"timed", sys::kCapSysTime},
      {"webd", sys::kCapNetBindService}};
  static ProgramTable table;
  ASSERT_TRUE(fill_programs({}, table));
  std::set<uint32_t> users;
  for (const ProgramEntry& entry : table) {
    EXPECT_NE(entry.row->uid, 0u);
    EXPECT_NE(entry.row->gid, 0u);
    users.insert(entry.row->uid);
    auto known = kCapabilities.find(entry.row->name);
    EXPECT_EQ(entry.row->capabilities, known == kCapabilities.end() ? 0u : known->second) << entry.row->name;
  }
  EXPECT_EQ(users.size(), table.size());
  // Who builds a program in wants it to serve, at whatever port.
  static ProgramTable with_service;
  ASSERT_TRUE(fill_programs({}, with_service, true));
  EXPECT_EQ(with_service[1].row->name, std::string_view("service"));
  EXPECT_EQ(with_service[1].row->capabilities, sys::kCapNetBindService);
  EXPECT_EQ(strings(table[1].arguments),
            (std::vector<std::string>{"gatewayd", "--config", "/run/corekms/config/gatewayd"}));
  EXPECT_EQ(strings(table[2].arguments),
            (std::vector<std::string>{"console", "--config", "/run/corekms/config/system"}));
  EXPECT_EQ(strings(table[0].arguments), (std::vector<std::string>{"netd", "--network", "/run/corekms/config/netd"}));
}

TEST(Programs, WithAServiceOfTheBuildTheOthersHearOfTheDocumentToo) {
  static ProgramTable table, gateway;
  ASSERT_TRUE(fill_programs({}, gateway, false));
  Configuration configuration;
  ASSERT_TRUE(fill_programs(configuration, table, true));
  for (size_t i = 0; i < table.size(); ++i)
    EXPECT_EQ(strings(table[i].arguments),
              i == 1 ? std::vector<std::string>{"/service/program"} : strings(gateway[i].arguments))
        << i;
  static ProgramTable with_arguments;
  (void)configuration.arguments.push_back("--port=80");
  ASSERT_TRUE(fill_programs(configuration, with_arguments, true));
  EXPECT_EQ(strings(with_arguments[1].arguments), (std::vector<std::string>{"/service/program", "--port=80"}));
  EXPECT_EQ(strings(with_arguments[0].arguments), strings(gateway[0].arguments));
}

TEST(Programs, OnlyTheProcessOfTheConsoleMayAskForTheEndOfTheMachine) {
  static ProgramTable table;
  ASSERT_TRUE(fill_programs({}, table));
  for (const ProgramEntry& entry : table) {
    sys::Notification message{.pid = 20, .uid = entry.row->uid, .text = {}};
    EXPECT_EQ(may_ask_power(*entry.row, 20, message), entry.row->name == std::string_view("console"));
  }
  const ProgramRow& console = *table[2].row;
  ASSERT_STREQ(console.name, "console");
  EXPECT_FALSE(may_ask_power(console, 20, {.pid = 21, .uid = console.uid, .text = {}})) << "its child";
  EXPECT_FALSE(may_ask_power(console, 20, {.pid = 20, .uid = 104, .text = {}})) << "a later owner of its number";
  EXPECT_FALSE(may_ask_power(console, 0, {.pid = 0, .uid = console.uid, .text = {}})) << "it does not run";
}

TEST(Programs, ABrokenConfigurationIsToldToNone) {
  static ProgramTable table;
  Configuration broken;
  broken.is_broken = true;
  ASSERT_TRUE(fill_programs(broken, table));
  for (const ProgramEntry& entry : table) EXPECT_EQ(strings(entry.arguments).size(), 1u) << entry.row->name;
}

}  // namespace
}  // namespace ck::init
