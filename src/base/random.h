// SPDX-License-Identifier: MIT
// Randomness as an injected dependency. Engines take a RandomSource&; programs give them sys::KernelRandom, simulations
// a SeededRandom, so that a failing run can be repeated from its seed.
#pragma once

#include <cstdint>

namespace ck {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // 64 uniform bits.
  virtual uint64_t next() = 0;

  // Uniform in [0, bound); 0 when bound is 0. The modulo bias for the small bounds used here is below 2^-32.
  uint32_t below(uint32_t bound) { return bound == 0 ? 0 : static_cast<uint32_t>(next() % bound); }
  // Uniform in [low, high], both included.
  int64_t between(int64_t low, int64_t high) {
    return high <= low ? low : low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
};

// SplitMix64 (Steele, Lea, Flood 2014): repeatable, not for secrets.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace ck
