// SPDX-License-Identifier: MIT
// What a block device says it holds. Nothing here follows a chain or reads a file: that is the kernel's part.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/fixed.h"

namespace ck::volume {

using Label = FixedString<32>;  // as written, without the spaces at its end

inline constexpr size_t kFatHeader = 512;
struct Fat {
  Label label;                  // of the header; formatting tools differ in whether they write it here or as below
  uint64_t root_directory = 0;  // bytes from the beginning of the volume
  uint32_t root_bytes = 0;      // its size; of FAT32 its first cluster
};
// The first sector. Nothing: not FAT.
std::optional<Fat> parse_fat(Bytes sector);
// The volume's own entry in its root directory, which is what operating systems show. Empty: none.
Label find_fat_label(Bytes root_directory);

inline constexpr uint64_t kIsoDescriptor = 32768;  // where it is, in bytes
inline constexpr size_t kIsoDescriptorSize = 2048;
// The label of a primary volume descriptor (ECMA-119 8.4). Nothing: not ISO 9660.
std::optional<Label> parse_iso9660(Bytes descriptor);

}  // namespace ck::volume
