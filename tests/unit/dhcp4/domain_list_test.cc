// SPDX-License-Identifier: MIT
#include "wire/dhcp4/domain_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ck::dhcp4 {
namespace {

DomainList parsed(std::string_view bytes, Compression compression = Compression::Allowed) {
  return parse_domain_list(as_bytes(bytes), compression);
}

using namespace std::string_view_literals;

TEST(DomainList, PlainNames) {
  DomainList list = parsed("\3eng\7example\3org\0\5sales\7example\3org\0"sv);
  ASSERT_EQ(list.names.size(), 2u);
  EXPECT_EQ(list.names[0], "eng.example.org");
  EXPECT_EQ(list.names[1], "sales.example.org");
  EXPECT_EQ(list.bad, 0u);
}

TEST(DomainList, CompressedNameOfRfc3397) {
  DomainList list = parsed("\3eng\5apple\3com\0\11marketing\xc0\4"sv);
  ASSERT_EQ(list.names.size(), 2u);
  EXPECT_EQ(list.names[1], "marketing.apple.com");
  EXPECT_EQ(parsed("\3eng\5apple\3com\0\11marketing\xc0\4"sv, Compression::Forbidden).names.size(), 1u);
}

TEST(DomainList, LoopsAndForwardPointersEndTheWalk) {
  EXPECT_TRUE(parsed("\xc0\0"sv).names.empty());          // at itself
  EXPECT_TRUE(parsed("\1a\xc0\0"sv).names.empty());       // at its own begin
  EXPECT_TRUE(parsed("\1a\xc0\4\1b\0"sv).names.empty());  // forward
  EXPECT_TRUE(parsed("\1a\xc0\2"sv).names.empty());       // at the pointer
  EXPECT_EQ(parsed("\xc0\0"sv).bad, 1u);
}

TEST(DomainList, CutListsKeepWhatWasWhole) {
  DomainList list = parsed("\1a\0\7exam"sv);
  ASSERT_EQ(list.names.size(), 1u);
  EXPECT_EQ(list.names[0], "a");
  EXPECT_EQ(list.bad, 1u);
}

TEST(DomainList, HostileLabelsAreLeftOut) {
  DomainList list = parsed("\4a\nb;\0\2ok\0"sv);
  ASSERT_EQ(list.names.size(), 1u);
  EXPECT_EQ(list.names[0], "ok");
  EXPECT_EQ(list.bad, 1u);
}

TEST(DomainList, PaddingIsPassedOver) {
  DomainList list = parsed("\2ok\0\0\0\0\0\0"sv, Compression::Forbidden);
  EXPECT_EQ(list.names.size(), 1u);
  EXPECT_EQ(list.bad, 0u);
}

TEST(DomainList, TooLongNameIsLeftOut) {
  std::string name;
  for (int i = 0; i < 5; ++i) name += std::string(1, '\77') + std::string(63, 'a');
  name += '\0';
  DomainList list = parsed(name);
  EXPECT_TRUE(list.names.empty());
  EXPECT_EQ(list.bad, 1u);
}

TEST(DomainName, Rules) {
  for (std::string_view good : {"a", "a.b", "EXAMPLE.org", "_vlmcs", "x-1.example", "xn--bcher-kva.example"})
    EXPECT_TRUE(is_domain_name(good)) << good;
  for (std::string_view bad : {"", ".", "a.", ".a", "a..b", "-a", "a b", "a/b", "a%b", "\xc3\xbc"})
    EXPECT_FALSE(is_domain_name(bad)) << bad;
  EXPECT_FALSE(is_domain_name(std::string(64, 'a')));
  EXPECT_TRUE(is_domain_name(std::string(63, 'a')));
}

}  // namespace
}  // namespace ck::dhcp4
