// SPDX-License-Identifier: MIT
#include "engine/gateway/source_table.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace ck::gateway {
namespace {

constexpr SourceLimits kLimits{.connections = 16, .burst = 20, .interval = 500ms};
constexpr TimePoint kStart = from_ms(1'000'000);

IpAddress v4(uint32_t value) { return Ipv4Address{value}; }
IpAddress v6(uint64_t network, uint64_t host) {
  Ipv6Address address;
  ByteWriter(address.octets).u64(0x20010db800000000u + network).u64(host);
  return address;
}

class SourceTableTest : public ::testing::Test {
 protected:
  SeededRandom random_{7};
  SourceTable table_{kLimits, random_};
  TimePoint now_ = kStart;
};

TEST_F(SourceTableTest, ASourceHasItsConnectionsAndNoMore) {
  for (int i = 0; i < 16; ++i) EXPECT_EQ(table_.open(v4(0xc0000201), now_), SourceVerdict::Allowed) << i;
  EXPECT_EQ(table_.open(v4(0xc0000201), now_), SourceVerdict::TooMany);
  EXPECT_EQ(table_.open(v4(0xc0000202), now_), SourceVerdict::Allowed) << "another is not hurt";
  table_.close(v4(0xc0000201));
  EXPECT_EQ(table_.open(v4(0xc0000201), now_), SourceVerdict::Allowed);
  EXPECT_EQ(table_.open(v4(0xc0000201), now_), SourceVerdict::TooMany);
  EXPECT_EQ(table_.connections(v4(0xc0000201)), 16);
}

TEST_F(SourceTableTest, ABurstThenOneEachInterval) {
  auto once = [&] {
    SourceVerdict verdict = table_.open(v4(0xc0000201), now_);
    if (verdict == SourceVerdict::Allowed) table_.close(v4(0xc0000201));
    return verdict;
  };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(once(), SourceVerdict::Allowed) << i;
  EXPECT_EQ(once(), SourceVerdict::TooFast);
  now_ += 499ms;
  EXPECT_EQ(once(), SourceVerdict::TooFast);
  now_ += 1ms;
  EXPECT_EQ(once(), SourceVerdict::Allowed);
  EXPECT_EQ(once(), SourceVerdict::TooFast);
  now_ += 3600s;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(once(), SourceVerdict::Allowed) << "no more than a burst is saved up";
  EXPECT_EQ(once(), SourceVerdict::TooFast);
  int allowed = 0;
  for (TimePoint end = now_ + 3600s; now_ < end; now_ += 7ms) allowed += once() == SourceVerdict::Allowed;
  EXPECT_GE(allowed, 2 * 3600 - 1);
  EXPECT_LE(allowed, 2 * 3600);
}

TEST_F(SourceTableTest, AnIpv6SourceIsItsSlash64) {
  for (uint64_t host = 0; host < 16; ++host)
    EXPECT_EQ(table_.open(v6(1, host * 0x1234567), now_), SourceVerdict::Allowed);
  EXPECT_EQ(table_.open(v6(1, 99), now_), SourceVerdict::TooMany);
  EXPECT_EQ(table_.open(v6(2, 99), now_), SourceVerdict::Allowed);
  table_.close(v6(1, 77));
  EXPECT_EQ(table_.open(v6(1, 99), now_), SourceVerdict::Allowed);
  EXPECT_EQ(table_.size(), 2u);
}

TEST_F(SourceTableTest, AMappedAddressIsItsIpv4Address) {
  EXPECT_EQ(table_.open(*parse_ip("::ffff:192.0.2.1"), now_), SourceVerdict::Allowed);
  EXPECT_EQ(table_.connections(*parse_ip("192.0.2.1")), 1);
  EXPECT_EQ(table_.open(*parse_ip("::ffff:192.0.2.2"), now_), SourceVerdict::Allowed);
  EXPECT_EQ(table_.size(), 2u) << "all mapped addresses are in one /64";
  table_.close(*parse_ip("192.0.2.1"));
  EXPECT_EQ(table_.connections(*parse_ip("192.0.2.1")), 0);
  // The same 64 bits as an IPv4 address and as an IPv6 network are two sources.
  EXPECT_EQ(table_.open(*parse_ip("::c000:202:0:0:0:1"), now_), SourceVerdict::Allowed);
  EXPECT_EQ(table_.size(), 3u);
}

TEST_F(SourceTableTest, AnUnpairedCloseIsIgnored) {
  table_.close(v4(1));
  EXPECT_EQ(table_.open(v4(1), now_), SourceVerdict::Allowed);
  table_.close(v4(1));
  table_.close(v4(1));
  EXPECT_EQ(table_.connections(v4(1)), 0);
  EXPECT_EQ(table_.shared_connections(), 0);
}

TEST_F(SourceTableTest, AsManyOpenSourcesAsTheGatewayHasSlotsAllFindRoom) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    auto table = std::make_unique<SourceTable>(kLimits, random);
    for (uint32_t i = 0; i < 768; ++i) ASSERT_EQ(table->open(v4(0x0a000000 + i), now_), SourceVerdict::Allowed) << seed;
    EXPECT_LE(table->shared_connections(), 2) << seed;
  }
}

TEST_F(SourceTableTest, WhoFindsNoRoomSharesOneEntry) {
  std::vector<uint32_t> shared;
  uint32_t next = 0x0a000000;
  int refused = 0;
  for (; next < 0x0a000000 + 4 * SourceTable::kCapacity; ++next) {
    uint16_t before = table_.shared_connections();
    SourceVerdict verdict = table_.open(v4(next), now_);
    if (verdict != SourceVerdict::Allowed) ++refused;
    if (table_.shared_connections() > before) shared.push_back(next);
  }
  EXPECT_EQ(shared.size(), 16u) << "the limit of one source";
  EXPECT_EQ(table_.shared_connections(), 16);
  EXPECT_EQ(table_.size(), SourceTable::kCapacity);
  EXPECT_EQ(refused, static_cast<int>(3 * SourceTable::kCapacity - 16));
  for (uint32_t source : shared) table_.close(v4(source));
  EXPECT_EQ(table_.shared_connections(), 0);
  for (uint32_t source = 0x0a000000; source < next; ++source) {
    if (table_.connections(v4(source)) == 0) continue;
    table_.close(v4(source));
    EXPECT_EQ(table_.connections(v4(source)), 0);
  }
  EXPECT_EQ(table_.shared_connections(), 0);
  now_ += 60s;
  EXPECT_EQ(table_.open(v4(next), now_), SourceVerdict::Allowed) << "room again";
  EXPECT_EQ(table_.shared_connections(), 0);
}

// 100 000 sources, each as often as it is let in, while one holds its connections, one pushes, and one comes as a
// client should.
TEST_F(SourceTableTest, AStormLeavesTheHonestAlone) {
  IpAddress holder = v4(0xc0000201);
  IpAddress pusher = v4(0xc0000202);
  IpAddress client = v4(0xc0000203);
  for (int i = 0; i < 16; ++i) ASSERT_EQ(table_.open(holder, now_), SourceVerdict::Allowed);
  std::deque<IpAddress> open;
  int pushed = 0;
  int served = 0;
  int storm_allowed = 0;
  for (uint32_t i = 0; i < 300'000; ++i) {
    IpAddress hostile = i % 2 == 0 ? v4(0x0a000000 + i % 100'000) : v6(i % 100'000, i);
    if (table_.open(hostile, now_) == SourceVerdict::Allowed) {
      ++storm_allowed;
      open.push_back(hostile);
    }
    if (open.size() > 230) {  // what the gateway as a whole would let them hold
      table_.close(open.front());
      open.pop_front();
    }
    if (table_.open(pusher, now_) == SourceVerdict::Allowed) {
      ++pushed;
      table_.close(pusher);
    }
    if (i % 1000 == 0) {
      ASSERT_EQ(table_.open(client, now_), SourceVerdict::Allowed) << i;
      ++served;
      table_.close(client);
    }
    if (i % 10 == 0) now_ += 10ms;  // 1000 connections a second
  }
  EXPECT_EQ(served, 300);
  EXPECT_EQ(storm_allowed, 300'000) << "each of them stays below its limits";
  EXPECT_LE(pushed, 20 + 2 * 300) << "a storm does not make the table forget one who is pushing";
  EXPECT_GE(pushed, 2 * 300);
  EXPECT_EQ(table_.connections(holder), 16) << "open connections are never forgotten";
  EXPECT_EQ(table_.open(holder, now_), SourceVerdict::TooMany);
  EXPECT_LE(table_.size(), SourceTable::kCapacity);
  for (const IpAddress& source : open) table_.close(source);
  for (const IpAddress& source : open) EXPECT_EQ(table_.connections(source), 0);
  EXPECT_EQ(table_.shared_connections(), 0);
}

// Sources that would fill one set of a table without a secret do not meet in one with another secret.
TEST_F(SourceTableTest, TheSecretDecidesWhoMeets) {
  auto crowd_of = [&](uint64_t seed) {
    SeededRandom random(seed);
    auto table = std::make_unique<SourceTable>(kLimits, random);
    std::vector<uint32_t> crowd;  // sources that found no room beside those before them
    for (uint32_t i = 0; i < 3000; ++i) {
      uint16_t before = table->shared_connections();
      (void)table->open(v4(0x0a000000 + i), now_);
      if (table->shared_connections() > before) crowd.push_back(i);
    }
    return crowd;
  };
  EXPECT_EQ(crowd_of(1), crowd_of(1));
  EXPECT_NE(crowd_of(1), crowd_of(2));
}

TEST_F(SourceTableTest, MemoryIsFixed) { EXPECT_LE(sizeof(SourceTable), 24u * SourceTable::kCapacity + 128); }

}  // namespace
}  // namespace ck::gateway
