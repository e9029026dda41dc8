// SPDX-License-Identifier: MIT
#include "engine/config/place.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::config {
namespace {

const std::string kMark = "# The place of corekms.toml, filled by ./ck config put; empty lines stand for nothing.";

TEST(Place, HoldsTheDocumentItselfAndNotWhatIsBehindIt) {
  EXPECT_EQ(document_in_place(kMark + " 5 bytes:\na=1\n\n\n\n\n"), "a=1\n\n");
  EXPECT_EQ(document_in_place(kMark + " 3 bytes:\na=1"), "a=1");
  EXPECT_EQ(document_in_place(kMark + " 0 bytes:\n\n\n"), "");
}

TEST(Place, OfAnyOtherFormIsTextAsItIs) {
  for (const std::string& text :
       {std::string(), std::string("a = 1\n"), kMark, kMark + "\n\n\n", kMark + "\na = 1\n", kMark + " 4 bytes:\na=1",
        kMark + " 3 bytes:", kMark + " x bytes:\na=1", kMark + " -1 bytes:\na=1", kMark + " 3 bytes\na=1",
        kMark + " 99999999999999999999 bytes:\na=1", "\n" + kMark + " 3 bytes:\na=1"})
    EXPECT_EQ(document_in_place(text), text);
}

}  // namespace
}  // namespace ck::config
