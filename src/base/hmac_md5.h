// SPDX-License-Identifier: MIT
// HMAC-MD5 (RFC 2104, 1321) over a message that comes in pieces. It serves DHCPv6's reconfigure key protocol (RFC 9915
// 20.4), which knows no other algorithm; it is not to be used for anything new.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace ck {

inline constexpr size_t kMd5Size = 16;
using Md5Digest = std::array<uint8_t, kMd5Size>;

class Md5 {
 public:
  void update(Bytes bytes);
  // Once; the object is then spent.
  Md5Digest finish();

 private:
  static constexpr size_t kBlock = 64;
  void absorb(const std::array<uint8_t, kBlock>& block);

  std::array<uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<uint8_t, kBlock> block_{};
  uint64_t size_ = 0;  // bytes so far
};

class HmacMd5 {
 public:
  // A key of at most 64 bytes; what is longer is cut, which no protocol here does.
  explicit HmacMd5(Bytes key);
  void update(Bytes bytes) { inner_.update(bytes); }
  // Once; the object is then spent.
  Md5Digest finish();

 private:
  Md5 inner_;
  Md5 outer_;
};

// Takes as long for digests that differ early as for those that differ late.
bool equal_in_constant_time(const Md5Digest& a, const Md5Digest& b);

}  // namespace ck
