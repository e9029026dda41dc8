// SPDX-License-Identifier: MIT
#include "base/hmac_md5.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace ck {
namespace {

std::string hex(const Md5Digest& digest) {
  char buffer[32];
  TextWriter out(buffer);
  for (uint8_t byte : digest) out.hex(byte, 2);
  return std::string(out.view());
}

std::string md5(std::string_view text) {
  Md5 md5;
  md5.update(as_bytes(text));
  return hex(md5.finish());
}

// RFC 1321 A.5.
TEST(Md5, TestSuiteOfTheRfc) {
  EXPECT_EQ(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
  EXPECT_EQ(md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), "d174ab98d277d9f5a5611c2c9f419d9f");
  EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

// RFC 2202 2: cases 1 to 3.
TEST(HmacMd5, TestCasesOfTheRfc) {
  auto hmac = [](const std::vector<uint8_t>& key, const std::vector<uint8_t>& data) {
    HmacMd5 hmac(key);
    // In two pieces: it is the bytes that count.
    hmac.update(Bytes(data).first(data.size() / 3));
    hmac.update(Bytes(data).subspan(data.size() / 3));
    return hex(hmac.finish());
  };
  auto bytes = [](std::string_view text) { return std::vector<uint8_t>(text.begin(), text.end()); };
  EXPECT_EQ(hmac(std::vector<uint8_t>(16, 0x0b), bytes("Hi There")), "9294727a3638bb1c13f48ef8158bfc9d");
  EXPECT_EQ(hmac(bytes("Jefe"), bytes("what do ya want for nothing?")), "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(hmac(std::vector<uint8_t>(16, 0xaa), std::vector<uint8_t>(50, 0xdd)), "56be34521d144c88dbb8c733f0e8b3f6");
}

TEST(HmacMd5, DigestsThatDifferInAnyBitAreNotEqual) {
  Md5Digest digest{};
  EXPECT_TRUE(equal_in_constant_time(digest, Md5Digest{}));
  for (size_t bit = 0; bit < 128; ++bit) {
    Md5Digest other{};
    other[bit / 8] = static_cast<uint8_t>(1u << bit % 8);
    EXPECT_FALSE(equal_in_constant_time(digest, other)) << bit;
  }
}

}  // namespace
}  // namespace ck
