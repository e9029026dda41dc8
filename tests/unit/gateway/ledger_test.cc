// SPDX-License-Identifier: MIT
#include "engine/gateway/ledger.h"

#include <gtest/gtest.h>

namespace ck::gateway {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kNoon = 20'000 * kDay + kDay / 2;

IpAddress client(uint32_t number) { return Ipv4Address{0xc0000200 + number}; }

TEST(Ledger, CountsByVerdictAndByDay) {
  Ledger ledger;
  ledger.refused(client(1), Verdict::Full, kNoon);
  ledger.refused(client(1), Verdict::SourceDenied, kNoon);
  ledger.refused(client(2), Verdict::Probe, kNoon);
  EXPECT_EQ(ledger.total(), 2u) << "a probe is none";
  EXPECT_EQ(ledger.refused(), 2u);
  EXPECT_EQ(ledger.count(Verdict::Probe), 1u);
  EXPECT_EQ(ledger.today(kNoon), 2u);
  EXPECT_EQ(ledger.today(kNoon + kDay), 0u) << "another day";
  ledger.refused(client(3), Verdict::Answered, kNoon + kDay);
  EXPECT_EQ(ledger.today(kNoon + kDay), 1u);
  EXPECT_EQ(ledger.total(), 3u);
  EXPECT_EQ(ledger.answered().address, client(3));
}

TEST(Ledger, KeepsTheLastTenTheNewestFirst) {
  Ledger ledger;
  EXPECT_EQ(ledger.clients(), 0u);
  for (uint32_t i = 1; i <= 25; ++i) {
    ledger.refused(client(i), Verdict::Answered, kNoon + i);
    EXPECT_EQ(ledger.clients(), std::min<size_t>(i, kLastClients));
    EXPECT_EQ(ledger.client(0).address, client(i));
  }
  for (uint32_t i = 0; i < kLastClients; ++i) EXPECT_EQ(ledger.client(i).address, client(25 - i));
}

}  // namespace
}  // namespace ck::gateway
