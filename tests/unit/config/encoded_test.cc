// SPDX-License-Identifier: MIT
#include "engine/config/encoded.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "wire/gzip/member.h"
#include "wire/toml/document.h"

namespace ck::config {
namespace {

// Made by Python's gzip.
constexpr std::string_view kText = "[system]\nhostname = \"branch7\"\n";
constexpr std::string_view kGzip = "H4sIAAAAAAAC/4suriwuSc2N5crILy7JS8xNVbBVUEoqSsxLzjBX4gIA0qZLch4AAAA=";
constexpr std::string_view kAsLongAsMayBe =  // 65,536 times '#'
    "H4sIAAAAAAAC/+3BgQAAAACAIJj9HRepCgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAGpq9NG/AAABAA==";
constexpr std::string_view kOneMore =  // 65,537 times
    "H4sIAAAAAAAC/+3BgQAAAADDIJj5O/4gVQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAMANTce93QEAAQA=";

TEST(Encoded, EachEncodingByEachOfItsNames) {
  struct {
    std::string_view value, encoding;
  } cases[] = {
      {kText, ""},
      {"W3N5c3RlbV0KaG9zdG5hbWUgPSAiYnJhbmNoNyIK", "base64"},
      {"W3N5c3RlbV0KaG9zdG5h\r\nbWUgPSAiYnJhbmNoNyIK\n", "b64"},
      {kGzip, "gzip+base64"},
      {kGzip, "gz+b64"},
      {kGzip, std::string_view(" gzip+base64\n\0", 14)},
  };
  for (const auto& each : cases) {
    Content decoded = decode(each.value, each.encoding);
    EXPECT_EQ(decoded.trouble, "") << each.encoding;
    EXPECT_EQ(decoded.text, kText) << each.encoding;
  }
}

TEST(Encoded, WhatIsWrongIsNamed) {
  std::string cut(kGzip.substr(0, 40));
  std::string damaged(kGzip);
  damaged[damaged.size() - 12] ^= 1;  // of the checksum
  struct {
    std::string_view value, encoding, trouble;
  } cases[] = {
      {kText, "gzip", "its encoding is \"gzip\": expected base64 or gzip+base64"},
      {"a*b", "base64", "not base64"},
      {"a*b", "gzip+base64", "not base64"},
      {"W3N5c3RlbV0K", "gzip+base64", "gzip: damaged"},
      {"", "gzip+base64", "gzip: cut short"},
      {cut, "gzip+base64", "gzip: cut short"},
      {damaged, "gzip+base64", "gzip: damaged"},
      {kOneMore, "gzip+base64", "longer than 65536 bytes"},
  };
  for (const auto& each : cases) {
    Content decoded = decode(each.value, each.encoding);
    EXPECT_EQ(decoded.trouble, each.trouble) << each.value;
    EXPECT_EQ(decoded.text, "");
  }
}

TEST(Encoded, TheLimitIsTheDocuments) {
  EXPECT_EQ(decode(kAsLongAsMayBe, "gzip+base64").text, std::string(toml::kMaxDocument, '#'));
  std::string text(toml::kMaxDocument, '#');
  EXPECT_EQ(decode(text, "").text, text);
  EXPECT_EQ(decode(text + "#", "").trouble, "longer than 65536 bytes");
  std::string base64((toml::kMaxDocument + 1) / 3 * 4 + 4, 'A');
  EXPECT_EQ(decode(base64, "base64").trouble, "longer than 65536 bytes");
}

TEST(Gzip, OneMemberAndNothingBehindIt) {
  std::string bytes = *decode_base64(kGzip);
  EXPECT_EQ(gzip::unpack(as_bytes(bytes), kText.size()), Result<std::string>(kText));
  EXPECT_EQ(gzip::unpack(as_bytes(bytes), kText.size() - 1).error().code, Code::OutOfRange);
  EXPECT_EQ(gzip::unpack(as_bytes(bytes + "x"), 100).error().code, Code::Malformed);
  EXPECT_EQ(gzip::unpack(as_bytes(bytes + bytes), 100).error().code, Code::Malformed);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(gzip::unpack(as_bytes(bytes.substr(0, size)), 100).error().code, Code::Malformed) << size;
}

}  // namespace
}  // namespace ck::config
