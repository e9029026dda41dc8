// SPDX-License-Identifier: MIT
#include "wire/ethernet/router_solicitation.h"

#include <gtest/gtest.h>

#include <vector>

#include "wire/ethernet/udp4.h"

namespace ck::ethernet {
namespace {

TEST(RouterSolicitation, IsWhatTheRfcsSay) {
  std::vector<uint8_t> buffer(kRouterSolicitationSize);
  auto packet = write_router_solicitation(buffer);
  ASSERT_TRUE(packet.has_value());
  ASSERT_EQ(packet->size(), kRouterSolicitationSize);
  EXPECT_EQ((*packet)[0] >> 4, 6);
  EXPECT_EQ((*packet)[4] << 8 | (*packet)[5], 8);
  EXPECT_EQ((*packet)[6], 58);
  EXPECT_EQ((*packet)[7], 255);
  EXPECT_EQ((*packet)[24], 0xff);
  EXPECT_EQ((*packet)[25], 0x02);
  EXPECT_EQ((*packet)[39], 2);
  EXPECT_EQ((*packet)[40], 133);
  // Over the pseudo header and the message, checksum included, the sum is all ones.
  EXPECT_EQ(finish_checksum(add_to_checksum(8 + 58, packet->subspan(8))), 0);
  EXPECT_NE((*packet)[42] << 8 | (*packet)[43], 0);
}

TEST(RouterSolicitation, TooSmallABufferIsAnError) {
  std::vector<uint8_t> buffer(kRouterSolicitationSize - 1);
  EXPECT_FALSE(write_router_solicitation(buffer).has_value());
}

}  // namespace
}  // namespace ck::ethernet
