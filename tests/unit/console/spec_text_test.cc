// SPDX-License-Identifier: MIT
#include "engine/console/spec_text.h"

#include <gtest/gtest.h>

namespace ck::console {
namespace {

TEST(ConsoleSpec, PowerKeysAreAllowedUnlessTheyAreNot) {
  EXPECT_EQ(parse_spec("")->power_keys, PowerKeys::Allowed);
  EXPECT_EQ(parse_spec("system hostname=branch7\nargument value=--verbose\n")->power_keys, PowerKeys::Allowed);
  EXPECT_EQ(parse_spec("system power-keys=on\n")->power_keys, PowerKeys::Allowed);
  EXPECT_EQ(parse_spec("system hostname=branch7 power-keys=off\n")->power_keys, PowerKeys::Disabled);
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
