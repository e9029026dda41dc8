// SPDX-License-Identifier: MIT
#include "wire/syslog/kmsg.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::syslog {
namespace {

std::string unescaped(std::string_view text) {
  char buffer[256];
  TextWriter out(buffer);
  unescape_kmsg(text, out);
  return std::string(out.view());
}

TEST(Kmsg, ARecordIsTakenApart) {
  auto record = parse_kmsg("7,160,424069,-;pci_root PNP0A03:00: host bridge; window");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->priority, (Priority{kFacilityKernel, Severity::Debug}));
  EXPECT_EQ(record->sequence, 160u);
  EXPECT_EQ(record->microseconds, 424069u);
  EXPECT_FALSE(record->is_fragment);
  EXPECT_EQ(record->text, "pci_root PNP0A03:00: host bridge; window");
  record = parse_kmsg("14,339,5140900,c,caller=T1;netd: eth0");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->priority, (Priority{kFacilityUser, Severity::Info}));
  EXPECT_TRUE(record->is_fragment);
}

TEST(Kmsg, WhatIsNoRecordIsNone) {
  for (std::string_view line : {"", " SUBSYSTEM=acpi", "6,1,2,-", "6,1,2;x", "x,1,2,-;x", "6,,2,-;x", "6,1,-3,-;x"})
    EXPECT_FALSE(parse_kmsg(line)) << line;
}

TEST(Kmsg, EscapesComeBackAsBytes) {
  EXPECT_EQ(unescaped("a\\x0ab\\xc3\\xa4c"),
            "a\nb\xc3\xa4"
            "c");
  EXPECT_EQ(unescaped("back\\x5cslash"), "back\\slash");
  EXPECT_EQ(unescaped("\\x4"), "\\x4") << "not whole";
  EXPECT_EQ(unescaped("\\xg0 \\n \\"), "\\xg0 \\n \\") << "not an escape";
}

}  // namespace
}  // namespace ck::syslog
