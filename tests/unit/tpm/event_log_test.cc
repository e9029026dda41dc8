// SPDX-License-Identifier: MIT
#include "wire/tpm2/event_log.h"

#include <gtest/gtest.h>

#include <vector>

namespace ck::tpm2 {
namespace {

Digest digest_of(uint16_t algorithm, size_t size, uint8_t byte) {
  Digest digest{.algorithm = algorithm, .bytes = {}};
  while (digest.bytes.size() < size) (void)digest.bytes.push_back(byte);
  return digest;
}

Digests of_two_banks() {
  Digests digests;
  (void)digests.push_back(digest_of(0x04, 20, 0xa1));
  (void)digests.push_back(digest_of(0x0b, 32, 0xb2));
  return digests;
}

std::vector<uint8_t> joined(std::initializer_list<std::vector<uint8_t>> parts) {
  std::vector<uint8_t> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(TpmEventLog, HeaderAndEventAsTheProfileLaysThemOut) {
  uint8_t buffer[512];
  ByteWriter out(buffer, ByteOrder::Little);
  write_log_header(of_two_banks(), out);
  write_log_event(12, of_two_banks(), "corekms.toml", out);
  ASSERT_TRUE(out.ok());
  std::vector<uint8_t> expected = joined({
      {0, 0, 0, 0, 3, 0, 0, 0},
      std::vector<uint8_t>(20, 0),
      {37, 0, 0, 0},
      {'S', 'p', 'e', 'c', ' ', 'I', 'D', ' ', 'E', 'v', 'e', 'n', 't', '0', '3', 0},
      {0, 0, 0, 0, 0, 2, 0, 2},
      {2, 0, 0, 0, 4, 0, 20, 0, 0x0b, 0, 32, 0, 0},
      {12, 0, 0, 0, 13, 0, 0, 0, 2, 0, 0, 0, 4, 0},
      std::vector<uint8_t>(20, 0xa1),
      {0x0b, 0},
      std::vector<uint8_t>(32, 0xb2),
      {12, 0, 0, 0, 'c', 'o', 'r', 'e', 'k', 'm', 's', '.', 't', 'o', 'm', 'l'},
  });
  Bytes written = out.written();
  EXPECT_EQ(std::vector<uint8_t>(written.begin(), written.end()), expected);
  EXPECT_TRUE(is_event_log(written));
}

TEST(TpmEventLog, WhatIsNoLogIsNone) {
  uint8_t buffer[512];
  ByteWriter out(buffer, ByteOrder::Little);
  write_log_header(of_two_banks(), out);
  for (size_t length = 0; length < 48; ++length) EXPECT_FALSE(is_event_log(out.written().first(length))) << length;
  for (size_t at : {0u, 4u, 32u, 47u}) {
    std::vector<uint8_t> other(out.written().begin(), out.written().end());
    other[at] ^= 1;
    EXPECT_FALSE(is_event_log(other)) << at;
  }
}

}  // namespace
}  // namespace ck::tpm2
