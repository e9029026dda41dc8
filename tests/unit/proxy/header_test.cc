// SPDX-License-Identifier: MIT
#include "wire/proxy/header.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ck::proxy {
namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string binary(uint8_t version_and_command, uint8_t family, const std::string& body) {
  std::string bytes = kSignature;
  bytes += static_cast<char>(version_and_command);
  bytes += static_cast<char>(family);
  bytes += static_cast<char>(body.size() >> 8);
  bytes += static_cast<char>(body.size());
  return bytes + body;
}

const std::string kBody4("\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x06\x98", 12);
const Endpoints kEndpoints4{{*parse_ip("192.0.2.1"), 56324}, {*parse_ip("198.51.100.2"), 1688}};
const Endpoints kEndpoints6{{*parse_ip("2001:db8::1"), 56324}, {*parse_ip("2001:db8::2"), 1688}};

// What comes of the bytes when they arrive one at a time: every strict prefix must be incomplete, and what is found in
// the end must stand when other bytes follow. Nothing when the whole is incomplete.
std::optional<std::expected<Header, Fault>> feed(const std::string& text) {
  for (size_t length = 0; length <= text.size(); ++length) {
    auto parsed = parse(as_bytes(text).first(length));
    if (parsed && !*parsed) continue;
    EXPECT_EQ(parse(as_bytes(text + "\r\nmore")), parsed) << "other bytes behind change nothing";
    if (!parsed) return std::unexpected(parsed.error());
    EXPECT_EQ((*parsed)->size, length);
    return **parsed;
  }
  return std::nullopt;
}

void expect_header(const std::string& text, Command command, const std::optional<Endpoints>& endpoints) {
  auto result = feed(text);
  ASSERT_TRUE(result) << text;
  ASSERT_TRUE(*result) << text << ": " << text_of(result->error());
  EXPECT_EQ(**result, (Header{text.size(), command, endpoints})) << text;
}

void expect_fault(const std::string& text, Fault fault) {
  auto result = feed(text);
  ASSERT_TRUE(result) << text << " is incomplete";
  ASSERT_FALSE(*result) << text << " passes";
  EXPECT_EQ(text_of(result->error()), text_of(fault)) << text;
}

TEST(ProxyHeader, LinesAreRead) {
  expect_header("PROXY TCP4 192.0.2.1 198.51.100.2 56324 1688\r\n", Command::Proxied, kEndpoints4);
  expect_header("PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 56324 1688\r\n", Command::Proxied, kEndpoints6);
  expect_header("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", Command::Proxied,
                Endpoints{{*parse_ip("0.0.0.0"), 0}, {*parse_ip("255.255.255.255"), 65535}});
  expect_header("PROXY UNKNOWN\r\n", Command::Proxied, {});
  expect_header("PROXY UNKNOWN anything \x01 at all\r\n", Command::Proxied, {});
  std::string longest = "PROXY UNKNOWN ";
  longest += std::string(kMaxLine - 2 - longest.size(), 'f') + "\r\n";
  ASSERT_EQ(longest.size(), kMaxLine);
  expect_header(longest, Command::Proxied, {});
}

TEST(ProxyHeader, LinesThatAreWrongAreRefused) {
  const struct {
    std::string text;
    Fault fault;
  } cases[] = {
      {"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n", Fault::UnknownProtocol},
      {"PROXY TCP5", Fault::UnknownProtocol},
      {"PROXY  TCP4", Fault::UnknownProtocol},
      {"PROXY tcp4", Fault::UnknownProtocol},
      {"PROXY TCP4\r\n", Fault::UnknownProtocol},
      {"PROXY UNKNOWNS\r\n", Fault::UnknownProtocol},
      {"PROXY \r\n", Fault::UnknownProtocol},
      {"PROXY UNKNOWN\n", Fault::UnknownProtocol},
      {"PROXY UNKNOWN a\n", Fault::BadLine},
      {"PROXY UNKNOWN a\rb", Fault::BadLine},
      {"PROXY UNKNOWN\r\r\n", Fault::BadLine},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n", Fault::BadLine},
      {"PROXY TCP4 \r\n", Fault::BadLine},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n", Fault::BadLine},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n", Fault::BadLine},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n", Fault::BadLine},
      {"PROXY TCP4 192.0.2.1  198.51.100.2 1 2\r\n", Fault::BadLine},
      {"PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n", Fault::BadAddress},
      {"PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n", Fault::BadAddress},
      {"PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n", Fault::BadAddress},
      {"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", Fault::BadAddress},
      {"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n", Fault::BadAddress},
      {"PROXY TCP6 2001:db8::1 fe80::1%eth0 1 2\r\n", Fault::BadAddress},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n", Fault::BadPort},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 02\r\n", Fault::BadPort},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 +2\r\n", Fault::BadPort},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 -2\r\n", Fault::BadPort},
      {"PROXY UNKNOWN " + std::string(200, 'x'), Fault::TooLong},
      {"PROXY UNKNOWN " + std::string(kMaxLine - 15, 'x') + "\r\n", Fault::TooLong},
  };
  for (const auto& row : cases) expect_fault(row.text, row.fault);
}

TEST(ProxyHeader, OtherBytesAreKnownAtTheFirstThatDiffers) {
  for (const std::string& start : {std::string("PROXY "), kSignature}) {
    for (size_t same = 0; same < start.size(); ++same) {
      std::string text = start.substr(0, same) + static_cast<char>(start[same] ^ 0x40);
      auto parsed = parse(as_bytes(text));
      ASSERT_FALSE(parsed) << same;
      EXPECT_EQ(parsed.error(), Fault::NotProxy);
    }
  }
  expect_fault(std::string("\x05\x00\x0b", 3), Fault::NotProxy);  // a bind without a header before it
}

TEST(ProxyHeader, BinaryHeadersAreRead) {
  expect_header(binary(0x21, 0x11, kBody4), Command::Proxied, kEndpoints4);
  std::string body6(
      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\xdc\x04\x06\x98", 36);
  expect_header(binary(0x21, 0x21, body6), Command::Proxied, kEndpoints6);
  expect_header(binary(0x21, 0x11, kBody4 + std::string("\x04\x00\x01z", 4)), Command::Proxied, kEndpoints4);
  expect_header(binary(0x21, 0x11, kBody4 + std::string(508, '\xff')), Command::Proxied, kEndpoints4);
}

TEST(ProxyHeader, WhatIsNotTcpOverIpHasNoAddresses) {
  expect_header(binary(0x20, 0x00, ""), Command::Local, {});
  expect_header(binary(0x20, 0x11, kBody4), Command::Local, {});
  expect_header(binary(0x20, 0x11, "x"), Command::Local, {});  // its family is to be ignored
  expect_header(binary(0x20, 0xff, "xyz"), Command::Local, {});
  expect_header(binary(0x21, 0x00, ""), Command::Proxied, {});
  expect_header(binary(0x21, 0x00, "left alone"), Command::Proxied, {});
  expect_header(binary(0x21, 0x01, ""), Command::Proxied, {});
  expect_header(binary(0x21, 0x10, kBody4), Command::Proxied, {});
  expect_header(binary(0x21, 0x12, kBody4), Command::Proxied, {});  // UDP
  expect_header(binary(0x21, 0x31, std::string(216, '/')), Command::Proxied, {});
}

TEST(ProxyHeader, BinaryHeadersThatAreWrongAreRefused) {
  const struct {
    std::string text;
    Fault fault;
  } cases[] = {
      {binary(0x11, 0x11, kBody4), Fault::Version},
      {binary(0x31, 0x11, kBody4), Fault::Version},
      {binary(0x01, 0x11, kBody4), Fault::Version},
      {binary(0x22, 0x11, kBody4), Fault::UnknownCommand},
      {binary(0x2f, 0x11, kBody4), Fault::UnknownCommand},
      {binary(0x21, 0x41, kBody4), Fault::UnknownProtocol},
      {binary(0x21, 0x13, kBody4), Fault::UnknownProtocol},
      {binary(0x21, 0x11, kBody4.substr(0, 11)), Fault::TooShort},
      {binary(0x21, 0x21, std::string(35, 'x')), Fault::TooShort},
      {binary(0x21, 0x31, std::string(215, 'x')), Fault::TooShort},
      {binary(0x21, 0x11, kBody4 + std::string(509, 'x')), Fault::TooLong},
      {binary(0x20, 0x00, std::string(65535, 'x')), Fault::TooLong},
  };
  for (const auto& row : cases) expect_fault(row.text, row.fault);
}

TEST(ProxyHeader, WhatIsWrittenIsReadAgain) {
  for (const Endpoints& endpoints : {kEndpoints4, kEndpoints6}) {
    uint8_t buffer[kMaxWritten];
    auto written = write_v2(endpoints.source, endpoints.destination, buffer);
    ASSERT_TRUE(written);
    expect_header(std::string(as_text(*written)), Command::Proxied, endpoints);
    for (size_t room = 0; room < written->size(); ++room)
      EXPECT_EQ(write_v2(endpoints.source, endpoints.destination, MutableBytes(buffer).first(room)).error().code,
                Code::OutOfRange);
  }
  uint8_t buffer[kMaxWritten];
  EXPECT_EQ(as_text(*write_v2(kEndpoints4.source, kEndpoints4.destination, buffer)), binary(0x21, 0x11, kBody4));
  EXPECT_EQ(as_text(*write_v2_local(buffer)), binary(0x20, 0x00, ""));
  EXPECT_FALSE(write_v2_local(MutableBytes(buffer).first(15)));
  EXPECT_EQ(write_v2(kEndpoints4.source, kEndpoints6.source, buffer).error().code, Code::Unsupported);
}

TEST(ProxyHeader, EveryFaultHasItsOwnWords) {
  std::vector<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Fault::TooLong); ++i) {
    words.push_back(text_of(static_cast<Fault>(i)));
  }
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());
}

}  // namespace
}  // namespace ck::proxy
