// SPDX-License-Identifier: MIT
#include "base/hmac_md5.h"

#include <bit>

namespace ck {

namespace {

// RFC 1321 3.4: the whole part of 2^32 * |sin(i)|, i from 1.
constexpr std::array<uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

// How far each step of a round turns, four in a cycle.
constexpr uint8_t kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

}  // namespace

void Md5::absorb(const std::array<uint8_t, kBlock>& block) {
  std::array<uint32_t, 16> words;
  ByteReader reader(block, ByteOrder::Little);
  for (uint32_t& word : words) word = reader.u32().value_or(0);
  auto [a, b, c, d] = state_;
  for (unsigned i = 0; i < 64; ++i) {
    uint32_t mixed = 0;
    unsigned word = 0;
    switch (i / 16) {
      case 0: mixed = (b & c) | (~b & d), word = i; break;
      case 1: mixed = (d & b) | (~d & c), word = 5 * i + 1; break;
      case 2: mixed = b ^ c ^ d, word = 3 * i + 5; break;
      default: mixed = c ^ (b | ~d), word = 7 * i; break;
    }
    uint32_t sum = a + mixed + kSines[i] + words[word % 16];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kTurns[i / 16][i % 4]);
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
}

void Md5::update(Bytes bytes) {
  for (uint8_t byte : bytes) {
    block_[size_++ % kBlock] = byte;
    if (size_ % kBlock == 0) absorb(block_);
  }
}

Md5Digest Md5::finish() {
  uint64_t bits = size_ * 8;
  constexpr uint8_t kEnd[] = {0x80};
  constexpr uint8_t kZero[] = {0};
  update(kEnd);
  while (size_ % kBlock != kBlock - 8) update(kZero);
  std::array<uint8_t, 8> length;
  update(ByteWriter(length, ByteOrder::Little).u64(bits).written());
  Md5Digest digest;
  ByteWriter out(digest, ByteOrder::Little);
  for (uint32_t word : state_) out.u32(word);
  return digest;
}

HmacMd5::HmacMd5(Bytes key) {
  std::array<uint8_t, 64> inner;
  std::array<uint8_t, 64> outer;
  for (size_t i = 0; i < inner.size(); ++i) {
    uint8_t byte = i < key.size() ? key[i] : 0;
    inner[i] = static_cast<uint8_t>(byte ^ 0x36);  // RFC 2104 2
    outer[i] = static_cast<uint8_t>(byte ^ 0x5c);
  }
  inner_.update(inner);
  outer_.update(outer);
}

Md5Digest HmacMd5::finish() {
  outer_.update(inner_.finish());
  return outer_.finish();
}

bool equal_in_constant_time(const Md5Digest& a, const Md5Digest& b) {
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace ck
