// SPDX-License-Identifier: MIT
#include "base/base64.h"

#include <gtest/gtest.h>

namespace ck {
namespace {

// RFC 4648 section 10.
TEST(Base64, DecodesWithAndWithoutPadding) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zg"), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9v\nYmFy "), "foobar");
  EXPECT_EQ(decode_base64("+/8="), "\xfb\xff");
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (std::string_view bad : {"Z", "Zg=", "Zg===", "Zh==", "Zm9=v", "Zm9v!", "=", "Zm9vY"})
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace ck
