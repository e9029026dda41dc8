// SPDX-License-Identifier: MIT
// Makes one kernel in an ISO serve both firmwares.
//
//   iso_share_extent ISO NAME
//
// The ISO carries an EFI system partition as its El Torito image for UEFI, and in the root of its ISO 9660 file system
// a placeholder called NAME for the BIOS boot loader. Both readers need no more than a first sector and a length: if
// \EFI\BOOT\BOOTX64.EFI is one run of clusters beginning at a multiple of 2048 bytes, then NAME's directory record can
// point at those very sectors. This tool finds the one, checks that it is so, and rewrites the other
// (ECMA-119 6.4, 9.1; El Torito 1.0 section 2). Nothing else in the ISO is changed, and nothing at all when a check
// fails.
#include <cstring>

#include "bytes.h"

namespace {

using namespace ck::image;

constexpr size_t kSector = 2048;
constexpr size_t kVolumeDescriptors = 16;
constexpr uint8_t kPlatformEfi = 0xef;

struct Extent {
  size_t offset = 0;  // bytes from the beginning of the ISO
  size_t size = 0;
};

std::string text_at(const Bytes& iso, size_t offset, size_t length) {
  get(iso, offset + length - 1, 1);
  return {reinterpret_cast<const char*>(iso.data()) + offset, length};
}

// The sector of the volume descriptor of this type whose text at `offset` begins with `text`.
size_t find_descriptor(const Bytes& iso, uint8_t type, size_t offset, const std::string& text) {
  for (size_t sector = kVolumeDescriptors;; ++sector) {
    const size_t at = sector * kSector;
    if (text_at(iso, at + 1, 5) != "CD001") die("not an ISO 9660 image");
    if (get(iso, at, 1) == type && text_at(iso, at + offset, text.size()) == text) return sector;
    if (get(iso, at, 1) == 255) die("the ISO lacks a volume descriptor of type " + std::to_string(type));
  }
}

// The first byte of the boot image for UEFI.
size_t find_efi_image(const Bytes& iso) {
  const size_t record = find_descriptor(iso, 0, 7, "EL TORITO SPECIFICATION") * kSector;
  const size_t catalog = get(iso, record + 0x47, 4) * kSector;
  for (size_t entry = catalog + 64; entry < catalog + kSector; entry += 32) {
    const uint32_t header = get(iso, entry, 1);
    if (header != 0x90 && header != 0x91) break;  // section header, last section header
    const uint32_t platform = get(iso, entry + 1, 1);
    const uint32_t count = get(iso, entry + 2, 2);
    if (platform == kPlatformEfi && count > 0) return get(iso, entry + 32 + 8, 4) * kSector;
    entry += 32 * count;
  }
  die("the ISO has no boot image for UEFI");
}

struct Fat {
  size_t start = 0;  // of the file system in the ISO, in bytes
  size_t fat = 0;    // of its first FAT
  size_t root = 0;
  size_t root_entries = 0;
  size_t data = 0;
  size_t cluster = 0;  // bytes
  bool fat16 = false;
};

Fat read_fat(const Bytes& iso, size_t start) {
  const size_t sector = get(iso, start + 11, 2);
  const size_t per_cluster = get(iso, start + 13, 1);
  if (sector != 512 || per_cluster == 0) die("the boot image for UEFI is not a FAT file system of 512-byte sectors");
  Fat fat;
  fat.start = start;
  fat.cluster = sector * per_cluster;
  fat.fat = start + sector * get(iso, start + 14, 2);
  fat.root = fat.fat + sector * get(iso, start + 16, 1) * get(iso, start + 22, 2);
  fat.root_entries = get(iso, start + 17, 2);
  fat.data = fat.root + 32 * fat.root_entries;
  const size_t small = get(iso, start + 19, 2);
  const size_t end = start + sector * (small != 0 ? small : get(iso, start + 32, 4));
  if (end < fat.data || end > iso.size()) die("the boot image for UEFI is not whole");
  const size_t clusters = (end - fat.data) / fat.cluster;
  if (clusters > 65524) die("the boot image for UEFI is FAT32, which is not supported");
  fat.fat16 = clusters > 4084;
  return fat;
}

size_t next_cluster(const Bytes& iso, const Fat& fat, size_t cluster) {
  if (fat.fat16) return get(iso, fat.fat + 2 * cluster, 2);
  const uint32_t pair = get(iso, fat.fat + cluster * 3 / 2, 2);
  return cluster % 2 == 0 ? pair & 0xfff : pair >> 4;
}

// The directory entry of this name (eleven characters) among `entries` at `offset`.
size_t find_entry(const Bytes& iso, size_t offset, size_t entries, const char* name) {
  for (size_t i = 0; i < entries; ++i) {
    if (text_at(iso, offset + 32 * i, 11) == name) return offset + 32 * i;
  }
  die(std::string("the EFI system partition has no entry \"") + name + "\"");
}

size_t offset_of(const Fat& fat, size_t cluster) {
  if (cluster < 2) die("the EFI system partition has a chain without clusters");
  return fat.data + (cluster - 2) * fat.cluster;
}

Extent find_kernel(const Bytes& iso, const Fat& fat) {
  const size_t per_cluster = fat.cluster / 32;
  const size_t efi = find_entry(iso, fat.root, fat.root_entries, "EFI        ");
  const size_t boot = find_entry(iso, offset_of(fat, get(iso, efi + 26, 2)), per_cluster, "BOOT       ");
  const size_t file = find_entry(iso, offset_of(fat, get(iso, boot + 26, 2)), per_cluster, "BOOTX64 EFI");
  const size_t first = get(iso, file + 26, 2);
  Extent kernel{offset_of(fat, first), get(iso, file + 28, 4)};
  if (kernel.size == 0) die("BOOTX64.EFI is empty");
  const size_t clusters = divide_up(kernel.size, fat.cluster);
  for (size_t i = 0; i + 1 < clusters; ++i) {
    if (next_cluster(iso, fat, first + i) != first + i + 1) die("BOOTX64.EFI is not one run of clusters");
  }
  if (next_cluster(iso, fat, first + clusters - 1) < (fat.fat16 ? 0xfff8u : 0xff8u))
    die("BOOTX64.EFI does not end where it should");
  if (kernel.offset % kSector != 0) die("BOOTX64.EFI does not begin at a sector of the CD");
  return kernel;
}

// The directory record in the root folder. Names are "NAME.;1", "NAME;1" or "NAME".
size_t find_record(const Bytes& iso, const std::string& name) {
  const size_t primary = find_descriptor(iso, 1, 1, "CD001") * kSector;
  const size_t folder = get(iso, primary + 156 + 2, 4) * kSector;
  const size_t end = folder + get(iso, primary + 156 + 10, 4);
  for (size_t at = folder; at < end;) {
    const size_t length = get(iso, at, 1);
    if (length == 0) {  // records do not cross sectors
      at = (at / kSector + 1) * kSector;
      continue;
    }
    const std::string found = text_at(iso, at + 33, get(iso, at + 32, 1));
    if (found == name || found == name + ";1" || found == name + ".;1") return at;
    at += length;
  }
  die("the ISO has no file " + name + " in its root folder");
}

void put_both(Bytes& iso, size_t offset, size_t value) {  // ECMA-119 7.3.3: little-endian, then big-endian
  put(iso, offset, 4, value);
  for (size_t i = 0; i < 4; ++i) put(iso, offset + 4 + i, 1, (value >> (8 * (3 - i))) & 0xff);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) die("usage: iso_share_extent ISO NAME");
  Bytes iso = read_file(argv[1]);
  const Extent kernel = find_kernel(iso, read_fat(iso, find_efi_image(iso)));
  const size_t record = find_record(iso, argv[2]);
  put_both(iso, record + 2, kernel.offset / kSector);
  put_both(iso, record + 10, kernel.size);
  write_file(argv[1], iso);
  std::printf("%s is %zu bytes from sector %zu on, inside of the EFI system partition\n", argv[2], kernel.size,
              kernel.offset / kSector);
  return 0;
}
