// SPDX-License-Identifier: MIT
// SipHash-1-3 (Aumasson, Bernstein 2012; one round a word, three at the end): a keyed hash for tables whose keys
// strangers choose. Who does not know the secret cannot tell which keys fall together. It is no MAC for messages.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"

namespace ck {

struct HashSecret {
  uint64_t low = 0;
  uint64_t high = 0;
  static HashSecret draw(RandomSource& random) {
    uint64_t low = random.next();
    return {low, random.next()};
  }
};

class SipHash {
 public:
  explicit SipHash(const HashSecret& secret)
      : v0_(secret.low ^ 0x736f6d6570736575u),
        v1_(secret.high ^ 0x646f72616e646f6du),
        v2_(secret.low ^ 0x6c7967656e657261u),
        v3_(secret.high ^ 0x7465646279746573u) {}

  // Once; the object is then spent.
  uint64_t hash(Bytes bytes) {
    ByteReader reader(bytes, ByteOrder::Little);
    while (auto word = reader.u64()) absorb(*word);
    uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
    unsigned shift = 0;
    for (uint8_t byte : reader.rest()) {
      last |= static_cast<uint64_t>(byte) << shift;
      shift += 8;
    }
    absorb(last);
    v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void absorb(uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  void round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  uint64_t v0_;
  uint64_t v1_;
  uint64_t v2_;
  uint64_t v3_;
};

inline uint64_t siphash(const HashSecret& secret, Bytes bytes) { return SipHash(secret).hash(bytes); }

}  // namespace ck
