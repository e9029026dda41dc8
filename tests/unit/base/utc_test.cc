// SPDX-License-Identifier: MIT
#include "base/utc.h"

#include <gtest/gtest.h>

namespace ck {
namespace {

TEST(Utc, IsWrittenAsRfc3339) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(951'782'399'999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(utc_text(951'782'400'000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(utc_text(1'795'615'523'042), "2026-11-25T14:05:23.042Z");
  EXPECT_EQ(utc_text(-5), "1970-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace ck
