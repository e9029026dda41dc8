// SPDX-License-Identifier: MIT
#include "sys/log.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::sys {
namespace {

std::string logged_at(std::string_view level) {
  set_log_level(level);
  ::testing::internal::CaptureStderr();
  for (Severity severity : {Severity::Error, Severity::Warning, Severity::Notice, Severity::Info}) log(severity, {"x"});
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, WritesWhatIsAsUrgentAsItsLevel) {
  EXPECT_EQ(logged_at("error"), "<3>corekms: x\n");
  EXPECT_EQ(logged_at("warning"), "<3>corekms: x\n<4>corekms: x\n");
  EXPECT_EQ(logged_at("loud"), "<3>corekms: x\n<4>corekms: x\n") << "not a level";
  EXPECT_EQ(logged_at("notice"), "<3>corekms: x\n<4>corekms: x\n<5>corekms: x\n");
  EXPECT_EQ(logged_at("info"), "<3>corekms: x\n<4>corekms: x\n<5>corekms: x\n<6>corekms: x\n");
}

}  // namespace
}  // namespace ck::sys
