// SPDX-License-Identifier: MIT
#include "engine/gateway/distinct_sketch.h"

#include <algorithm>
#include <bit>

namespace ck::gateway {

namespace {

constexpr Duration kDay = 24h;

// Ertl 2017, sections 3.3 and 3.4: what the registers at the lower and at the upper end are worth.
double sigma(double x) {
  double weight = 1;
  double sum = x;
  for (double before = -1; sum != before;) {
    before = sum;
    x *= x;
    sum += x * weight;
    weight *= 2;
  }
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double weight = 1;
  double sum = 1 - x;
  for (double before = -1; sum != before;) {
    before = sum;
    x = __builtin_sqrt(x);
    weight /= 2;
    sum -= (1 - x) * (1 - x) * weight;
  }
  return sum / 3;
}

}  // namespace

void DistinctSketch::advance(TimePoint now) {
  int64_t day = now.time_since_epoch() / kDay;
  if (day <= today_) return;
  auto gone = static_cast<DaysLeft>(std::min<int64_t>(day - today_, kDays));
  today_ = day;
  auto pass = [gone](DaysLeft& left) { left = static_cast<DaysLeft>(left > gone ? left - gone : 0); };
  std::ranges::for_each(listed_, pass);
  for (auto& ranks : registers_) std::ranges::for_each(ranks, pass);
  pass(left_out_);
}

// The list holds the latest sources: who has been away longest makes room, and is only missed while it would count.
void DistinctSketch::remember(uint64_t hash) {
  size_t place = 0;
  for (size_t i = 0; i < kExact; ++i) {
    if (listed_[i] > 0 && hashes_[i] == hash) {
      listed_[i] = kDays;
      return;
    }
    if (listed_[i] < listed_[place]) place = i;
  }
  left_out_ = std::max(left_out_, listed_[place]);
  hashes_[place] = hash;
  listed_[place] = kDays;
}

void DistinctSketch::observe(const IpAddress& source, TimePoint now) {
  advance(now);
  IpAddress plain = without_mapping(source);
  std::array<uint8_t, 16> bytes;
  ByteWriter out(bytes);
  if (plain.family == Family::V4)
    out.u32(plain.v4.value);
  else
    out.bytes(plain.v6.octets);
  uint64_t hash = siphash(secret_, out.written());
  remember(hash);
  auto rank = std::min(static_cast<size_t>(std::countl_zero(hash)), kRanks - 1);
  registers_[hash % kRegisters][rank] = kDays;
}

double DistinctSketch::estimate() const {
  std::array<uint32_t, kRanks + 1> registers_at{};  // by their value: the highest rank that counts, and one; or 0
  for (const auto& ranks : registers_) {
    size_t value = kRanks;
    while (value > 0 && ranks[value - 1] == 0) --value;
    ++registers_at[value];
  }
  constexpr double kAll = kRegisters;
  constexpr double kScale = 0.7213475204444817;  // 1 / (2 ln 2)
  if (registers_at[0] == kRegisters) return 0;
  double sum = kAll * tau(1 - registers_at[kRanks] / kAll);
  for (size_t value = kRanks - 1; value > 0; --value) sum = (sum + registers_at[value]) / 2;
  sum += kAll * sigma(registers_at[0] / kAll);
  // All registers at their end: more than can be told.
  return sum > 0 ? kScale * kAll * kAll / sum : 1e6;
}

DistinctCount DistinctSketch::count(TimePoint now) {
  advance(now);
  auto listed = static_cast<uint32_t>(kExact) - static_cast<uint32_t>(std::ranges::count(listed_, DaysLeft{0}));
  if (left_out_ == 0) return {listed, Precision::Exact};
  auto estimated = static_cast<uint32_t>(std::min(estimate() + 0.5, 1e6));
  return {std::max(listed, estimated), Precision::Estimate};  // those listed were there for certain
}

}  // namespace ck::gateway
