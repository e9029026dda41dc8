// SPDX-License-Identifier: MIT
#include "wire/volume/volume.h"

#include <gtest/gtest.h>

#include <vector>

namespace ck::volume {
namespace {

using Block = std::vector<uint8_t>;

void put(Block& block, size_t at, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) block[at + i] = static_cast<uint8_t>(text[i]);
}
void put(Block& block, size_t at, size_t width, uint64_t value) {
  for (size_t i = 0; i < width; ++i) block[at + i] = static_cast<uint8_t>(value >> (8 * i));
}

// 512 bytes a sector, 4 sectors a cluster, 1 reserved, 2 tables of 6 sectors, 64 entries.
Block fat16() {
  Block sector(512);
  sector[0] = 0xeb;
  put(sector, 11, 2, 512);
  sector[13] = 4;
  put(sector, 14, 2, 1);
  sector[16] = 2;
  put(sector, 17, 2, 64);
  put(sector, 19, 2, 5000);
  put(sector, 22, 2, 6);
  sector[38] = 0x29;
  put(sector, 43, "COREKMS    ");
  put(sector, 510, 2, 0xaa55);
  return sector;
}

Block fat32() {
  Block sector = fat16();
  put(sector, 17, 2, 0);
  put(sector, 19, 2, 0);
  put(sector, 22, 2, 0);
  put(sector, 14, 2, 32);
  put(sector, 32, 4, 200'000);
  put(sector, 36, 4, 400);
  put(sector, 44, 4, 5);
  sector[66] = 0x29;
  put(sector, 71, "CIDATA     ");
  return sector;
}

TEST(FatVolume, HeaderOfFat16) {
  auto fat = parse_fat(fat16());
  ASSERT_TRUE(fat);
  EXPECT_EQ(fat->label, "COREKMS");
  EXPECT_EQ(fat->root_directory, (1u + 2 * 6) * 512);
  EXPECT_EQ(fat->root_bytes, 64u * 32);
}

TEST(FatVolume, HeaderOfFat32) {
  auto fat = parse_fat(fat32());
  ASSERT_TRUE(fat);
  EXPECT_EQ(fat->label, "CIDATA");
  EXPECT_EQ(fat->root_directory, (32u + 2 * 400 + 3 * 4) * 512);
  EXPECT_EQ(fat->root_bytes, 2048u);
}

TEST(FatVolume, WithoutTheExtendedHeaderThereIsNoLabelInIt) {
  Block sector = fat16();
  sector[38] = 0;
  auto fat = parse_fat(sector);
  ASSERT_TRUE(fat);
  EXPECT_TRUE(fat->label.empty());
}

TEST(FatVolume, OtherThingsAreNot) {
  struct Row {
    const char* what;
    size_t at, width;
    uint64_t value;
  };
  constexpr Row kRows[] = {
      {"no signature", 510, 2, 0},
      {"a boot sector without a jump", 0, 1, 0xfa},
      {"no sector size", 11, 2, 0},
      {"a sector size of 256", 11, 2, 256},
      {"a sector size of 8192", 11, 2, 8192},
      {"no cluster", 13, 1, 0},
      {"a cluster of 3 sectors", 13, 1, 3},
      {"nothing reserved", 14, 2, 0},
      {"no table", 16, 1, 0},
      {"three tables", 16, 1, 3},
      {"no sectors", 19, 2, 0},
      {"no root entries", 17, 2, 0},
  };
  for (const Row& row : kRows) {
    Block sector = fat16();
    put(sector, row.at, row.width, row.value);
    EXPECT_FALSE(parse_fat(sector)) << row.what;
  }
  Block sector = fat32();
  put(sector, 44, 4, 1);
  EXPECT_FALSE(parse_fat(sector)) << "a root directory before the first cluster";
  EXPECT_FALSE(parse_fat(Bytes(fat16()).first(511)));
}

TEST(FatVolume, LabelOfTheRootDirectory) {
  Block directory(5 * 32);
  put(directory, 0, "\xe5OREKMS    \x08");  // deleted
  put(directory, 32, "A.c.o.r.e..\x0f");    // part of a long name
  put(directory, 64, "COREKMSTOML\x20");
  put(directory, 96, "BRANCH 7   \x08");
  EXPECT_EQ(find_fat_label(directory), "BRANCH 7");
  put(directory, 64, 1, 0);  // nothing comes after such an entry
  EXPECT_TRUE(find_fat_label(directory).empty());
  EXPECT_TRUE(find_fat_label({}).empty());
}

TEST(IsoVolume, Label) {
  Block descriptor(2048);
  put(descriptor, 0,
      "\x01"
      "CD001\x01");
  put(descriptor, 40, "config-2                        ");
  EXPECT_EQ(parse_iso9660(descriptor), Label("config-2"));
  EXPECT_FALSE(parse_iso9660(Bytes(descriptor).first(2047)));
  descriptor[0] = 2;  // supplementary
  EXPECT_FALSE(parse_iso9660(descriptor));
  descriptor[0] = 1;
  descriptor[5] = '2';
  EXPECT_FALSE(parse_iso9660(descriptor));
}

}  // namespace
}  // namespace ck::volume
