// SPDX-License-Identifier: MIT
#include "engine/console/spec_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::console {
namespace {

TEST(ConsoleSpec, PowerKeysAreAllowedUnlessTheyAreNot) {
  EXPECT_EQ(parse_spec("")->power_keys, PowerKeys::Allowed);
  EXPECT_EQ(parse_spec("system hostname=branch7\nargument value=--verbose\n")->power_keys, PowerKeys::Allowed);
  EXPECT_EQ(parse_spec("system power-keys=on\n")->power_keys, PowerKeys::Allowed);
  EXPECT_EQ(parse_spec("system hostname=branch7 power-keys=off\n")->power_keys, PowerKeys::Disabled);
}

TEST(ConsoleSpec, WhichConsolesShowTheScreenAndHow) {
  auto spec = parse_spec("");
  EXPECT_TRUE(spec->every_console);
  spec = parse_spec("console name=tty1\nconsole name=ttyS0\ndumb-console name=ttyS0\n");
  ASSERT_TRUE(spec);
  EXPECT_FALSE(spec->every_console);
  ASSERT_EQ(spec->consoles.size(), 2u);
  EXPECT_EQ(spec->consoles[1], "ttyS0");
  EXPECT_TRUE(spec->is_dumb("ttyS0"));
  EXPECT_FALSE(spec->is_dumb("tty1"));
  spec = parse_spec("console name=none\n");
  ASSERT_TRUE(spec);
  EXPECT_FALSE(spec->every_console);
  EXPECT_TRUE(spec->consoles.empty());
  std::string many;
  for (int i = 0; i < 7; ++i) many += "console name=ttyS" + std::to_string(i) + "\n";
  for (const std::string& text : {many, std::string("console name=none\nconsole name=tty1\n"),
                                  std::string("console name=tty1\nconsole name=none\n"), std::string("console\n")})
    EXPECT_FALSE(parse_spec(text)) << text;
}

TEST(ConsoleSpec, TheTimeZone) {
  EXPECT_EQ(parse_spec("")->zone.standard.name, "UTC");
  auto spec = parse_spec("system timezone=CET-1CEST,M3.5.0,M10.5.0/3\n");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->zone.standard.east, 3600);
  EXPECT_FALSE(parse_spec("system timezone=Europe/Berlin\n"));
}

TEST(ConsoleSpec, ABadValueIsToldWithItsPlace) {
  auto spec = parse_spec("environment value=a\nsystem power-keys=perhaps\n");
  ASSERT_FALSE(spec);
  ASSERT_EQ(spec.error().size(), 1u);
  EXPECT_EQ(spec.error()[0].line, 2u);
  EXPECT_EQ(spec.error()[0].key, "power-keys");
}

}  // namespace
}  // namespace ck::console
