// SPDX-License-Identifier: MIT
// How many different sources came within 30 days (today and the 29 before it), in less than 4 KiB, to be held against
// the thresholds of a KMS host (25 clients, 5 servers). A source is a whole address, IPv4 also where it is mapped; a
// host that changes its address counts anew. Up to 96 sources are counted exactly, in a list of the latest ones.
// Beyond, the number is an estimate: a HyperLogLog of 256 registers, in which each register keeps for each value how
// long it still counts, so that days can leave (after Chabchoub, Hebrail 2010, with days for times), read by Ertl's
// estimator (2017), which needs no correction for small or large numbers. Its standard error is 6.5 %, up to about 250
// 000 sources. When more than 96 came, the count is exact again 30 days after the last time that one had to be left out
// of the list. Addresses are not kept, only their hashes with a secret. Nothing is stored: a restart begins anew.
#pragma once

#include <array>
#include <cstdint>

#include "base/addresses.h"
#include "base/siphash.h"
#include "base/time.h"

namespace ck::gateway {

enum class Precision : uint8_t { Exact, Estimate };

struct DistinctCount {
  uint32_t sources = 0;
  Precision precision = Precision::Exact;
  friend bool operator==(const DistinctCount&, const DistinctCount&) = default;
};

class DistinctSketch {
 public:
  static constexpr uint8_t kDays = 30;
  static constexpr size_t kExact = 96;

  explicit DistinctSketch(RandomSource& random) : secret_(HashSecret::draw(random)) {}

  void observe(const IpAddress& source, TimePoint now);
  // Not const: the days that have gone since are taken off first.
  DistinctCount count(TimePoint now);

 private:
  static constexpr size_t kRegisters = 256;
  static constexpr size_t kRanks = 12;  // the last one stands for itself and all above it
  // Days for which something still counts, today included: kDays when it was seen today, 0 when it does not count.
  using DaysLeft = uint8_t;

  void advance(TimePoint now);
  void remember(uint64_t hash);
  double estimate() const;

  HashSecret secret_;
  int64_t today_ = 0;  // days of the clock
  std::array<uint64_t, kExact> hashes_{};
  std::array<DaysLeft, kExact> listed_{};
  DaysLeft left_out_ = 0;  // of the latest source that the list had no room for
  std::array<std::array<DaysLeft, kRanks>, kRegisters> registers_{};
};

static_assert(sizeof(DistinctSketch) <= 4096);

}  // namespace ck::gateway
