// SPDX-License-Identifier: MIT
#include "base/siphash.h"

#include <gtest/gtest.h>

namespace ck {
namespace {

// What CPython 3.11, whose hash of bytes is SipHash-1-3, says with the secret zero:
// PYTHONHASHSEED=0 python3 -c 'print(hex(hash(b"a") & (2**64 - 1)))'
TEST(SipHash, AgreesWithAnotherImplementation) {
  std::array<uint8_t, 23> counting;
  for (size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(siphash({}, as_bytes("a")), 0x407448d2b89b1813u);
  EXPECT_EQ(siphash({}, as_bytes("12345678")), 0x3489982430560a87u);
  EXPECT_EQ(siphash({}, as_bytes("0123456789abcdef")), 0x1d42b30f7e060c24u);
  EXPECT_EQ(siphash({}, counting), 0x37332b1389daa4ffu);
}

// From the reference implementation's vectors: the secret 00 01 .. 0f, no bytes
TEST(SipHash, DependsOnBothHalvesOfTheSecret) {
  HashSecret secret{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  EXPECT_EQ(siphash(secret, {}), 0xabac0158050fc4dcu);
  uint64_t plain = siphash(secret, as_bytes("a"));
  EXPECT_NE(siphash({secret.low ^ 1, secret.high}, as_bytes("a")), plain);
  EXPECT_NE(siphash({secret.low, secret.high ^ 1}, as_bytes("a")), plain);
  SeededRandom random(1);
  HashSecret drawn = HashSecret::draw(random);
  EXPECT_NE(drawn.low, drawn.high);
}

}  // namespace
}  // namespace ck
