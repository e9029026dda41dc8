// SPDX-License-Identifier: MIT
// The first sector of a FAT volume, its root directory, and the descriptor of an ISO 9660 volume.
#include <cstddef>
#include <cstdint>

#include "wire/volume/volume.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ck::Bytes input(data, size);
  if (auto fat = ck::volume::parse_fat(input)) {
    // 2^32 sectors and clusters of at most 4096 bytes times 128: what is read beyond the device fails there.
    if (fat->root_bytes == 0 || fat->root_directory == 0 || fat->root_directory >= uint64_t{1} << 53) __builtin_trap();
  }
  if (ck::volume::find_fat_label(input).size() > 11) __builtin_trap();
  (void)ck::volume::parse_iso9660(input);
  return 0;
}
