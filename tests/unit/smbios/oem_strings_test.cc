// SPDX-License-Identifier: MIT
#include "wire/smbios/oem_strings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ck::smbios {
namespace {

using namespace std::string_literals;

Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

const std::string kNoStrings = "\x01\x04\x01\x00\x00\x00"s;
const std::string kOther = "\x02\x06\x02\x00\x01\x02"s + "io.systemd.credential:corekms.toml=wrong\0\0"s;
std::string oem(const std::string& strings) { return "\x0b\x05\x03\x00\x01"s + strings + "\0"s; }

std::vector<std::string> strings_of(const std::string& table) {
  std::vector<std::string> all;
  each_oem_string(bytes_of(table), [&](std::string_view text) { all.emplace_back(text); });
  return all;
}

TEST(OemStrings, OnlyThoseOfType11) {
  EXPECT_EQ(strings_of(kNoStrings + kOther + oem("a\0bc\0"s) + oem("d\0"s)),
            (std::vector<std::string>{"a", "bc", "d"}));
}

TEST(OemStrings, ADamagedTableEndsTheReading) {
  std::string table = oem("a\0"s);
  EXPECT_TRUE(strings_of("\x0b\x03\x00\x00"s + table).empty()) << "shorter than its own header";
  EXPECT_TRUE(strings_of("\x0b\xff\x00\x00"s + table).empty()) << "longer than the table";
  EXPECT_TRUE(strings_of("\x0b\x05\x03\x00\x01"s + "never ends").empty());
  for (size_t size = 0; size < table.size(); ++size) (void)strings_of(table.substr(0, size));
}

TEST(OemStrings, CredentialsByTheirWholeName) {
  std::string table = oem("io.systemd.credential:corekms.toml.old=x\0io.systemd.credential:corekms.toml=a=b\n\0"s);
  auto found = find_credential(bytes_of(table), "corekms.toml");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value, "a=b\n");
  EXPECT_FALSE(found->is_base64);
  table = kOther + oem("io.systemd.credential.binary:corekms.toml=YQ==\0"s);
  found = find_credential(bytes_of(table), "corekms.toml");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value, "YQ==");
  EXPECT_TRUE(found->is_base64);
  EXPECT_FALSE(find_credential(bytes_of(kOther), "corekms.toml"));
}

}  // namespace
}  // namespace ck::smbios
