// SPDX-License-Identifier: MIT
#include "engine/supervise/power_request.h"

#include <gtest/gtest.h>

namespace ck::supervise {
namespace {

TEST(PowerRequest, IsOneOfTwoLinesAndNothingElse) {
  EXPECT_EQ(read_power_request(power_request(Ending::PowerOff)), Ending::PowerOff);
  EXPECT_EQ(read_power_request(power_request(Ending::Reboot)), Ending::Reboot);
  for (const char* line : {"", "X_POWER=", "X_POWER=of", "X_POWER=offf", "x_power=off", " X_POWER=off", "STOPPING=1"})
    EXPECT_FALSE(read_power_request(line)) << line;
}

}  // namespace
}  // namespace ck::supervise
