// SPDX-License-Identifier: MIT
// Writes an EFI system partition that holds one file: \EFI\BOOT\BOOTX64.EFI, or BOOTAA64.EFI for a program of AArch64.
//
//   make_esp KERNEL OUTPUT          the bare file system, as small as it can be
//   make_esp --disk KERNEL OUTPUT   a disk: a partition table with it as the only partition, and some room for a
//   document
//
// A FAT12 or FAT16 file system (Microsoft's FAT specification 1.03) with clusters of 2048 bytes whose data area begins
// at a multiple of 2048 and in which the kernel is one run of clusters: so the kernel also is a run of whole sectors of
// a CD, which iso_share_extent makes use of. The output depends on the input alone.
#include "bytes.h"

namespace {

using namespace ck::image;

constexpr size_t kSector = 512;
constexpr size_t kSectorsPerCluster = 4;
constexpr size_t kCluster = kSector * kSectorsPerCluster;
constexpr size_t kRootEntries = 64;
constexpr size_t kRootSectors = kRootEntries * 32 / kSector;
constexpr size_t kFats = 2;
constexpr size_t kFirstCluster = 2;
constexpr size_t kMaxFat12 = 4084;   // more clusters make it FAT16, by definition
constexpr size_t kMaxFat16 = 65524;  // and more than that FAT32, which this tool does not write
constexpr size_t kPartitionStart = 2048;
constexpr size_t kSpare = size_t{256} * 1024;  // on a disk: room for a configuration document
constexpr uint16_t kDate = ((2026 - 1980) << 9) | (1 << 5) | 1;
constexpr uint8_t kAttributeVolume = 0x08;
constexpr uint8_t kAttributeFolder = 0x10;
constexpr uint8_t kAttributeFile = 0x20;

struct Layout {
  bool fat16 = false;
  size_t clusters = 0;
  size_t reserved = 0;     // sectors before the first FAT
  size_t fat_sectors = 0;  // sectors of each FAT
  size_t data = 0;         // first sector of cluster 2
  size_t sectors = 0;      // of the whole file system
};

Layout plan(size_t kernel_size, size_t spare) {
  Layout layout;
  layout.clusters = 2 + divide_up(kernel_size, kCluster) + divide_up(spare, kCluster);  // EFI, BOOT, the kernel
  if (layout.clusters > kMaxFat16) die("the kernel is too large for this file system");
  layout.fat16 = layout.clusters > kMaxFat12;
  const size_t bits = layout.fat16 ? 16 : 12;
  layout.fat_sectors = divide_up((layout.clusters + kFirstCluster) * bits, 8 * kSector);
  const size_t fixed = kFats * layout.fat_sectors + kRootSectors;
  layout.reserved = 1 + (kSectorsPerCluster - (fixed + 1) % kSectorsPerCluster) % kSectorsPerCluster;
  layout.data = layout.reserved + fixed;
  layout.sectors = layout.data + layout.clusters * kSectorsPerCluster;
  return layout;
}

void write_boot_sector(Bytes& out, const Layout& layout, size_t hidden_sectors, uint32_t serial) {
  put(out, 0, 3, 0x903ceb);  // a jump over the fields, to a halt: this sector is not for BIOSes
  put_text(out, 3, "COREKMS ");
  put(out, 11, 2, kSector);
  put(out, 13, 1, kSectorsPerCluster);
  put(out, 14, 2, layout.reserved);
  put(out, 16, 1, kFats);
  put(out, 17, 2, kRootEntries);
  put(out, 19, 2, layout.sectors < 0x10000 ? layout.sectors : 0);
  put(out, 21, 1, 0xf8);
  put(out, 22, 2, layout.fat_sectors);
  put(out, 24, 2, 32);  // sectors per track, heads: of no meaning any more, but some check that they are not zero
  put(out, 26, 2, 64);
  put(out, 28, 4, hidden_sectors);
  put(out, 32, 4, layout.sectors < 0x10000 ? 0 : layout.sectors);
  put(out, 36, 1, 0x80);
  put(out, 38, 1, 0x29);
  put(out, 39, 4, serial);
  put_text(out, 43, "COREKMS_SYS");
  put_text(out, 54, layout.fat16 ? "FAT16   " : "FAT12   ");
  put(out, 62, 3, 0xfdebf4);  // hlt; jmp back to it
  put(out, 510, 2, 0xaa55);
}

void set_fat_entry(Bytes& fat, const Layout& layout, size_t cluster, uint32_t value) {
  if (layout.fat16) return put(fat, 2 * cluster, 2, value);
  const size_t offset = cluster * 3 / 2;
  const uint32_t old = get(fat, offset, 2);
  put(fat, offset, 2, cluster % 2 == 0 ? (old & 0xf000) | (value & 0xfff) : (old & 0x000f) | (value << 4));
}

// `name` is eleven characters: name and extension, padded with blanks.
void write_entry(Bytes& out, size_t offset, const std::string& name, uint8_t attribute, size_t cluster, size_t size) {
  put_text(out, offset, name);
  put(out, offset + 11, 1, attribute);
  put(out, offset + 16, 2, kDate);
  put(out, offset + 18, 2, kDate);
  put(out, offset + 24, 2, kDate);
  put(out, offset + 26, 2, cluster);
  put(out, offset + 28, 4, size);
}

// FNV-1a, so that the volume's serial number tells two images apart and is the same for the same image.
uint32_t serial_of(const Bytes& bytes) {
  uint32_t hash = 0x811c9dc5;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x01000193;
  return hash;
}

// What firmware looks for on a removable medium (UEFI 2.10, 3.5.1.1), by the machine in the header of the program.
std::string name_of(const Bytes& kernel) {
  constexpr size_t kHeaderAt = 0x3c;
  if (get(kernel, 0, 2) != 0x5a4d) die("the kernel is not an EFI program (no MZ header)");
  const size_t header = get(kernel, kHeaderAt, 4);
  if (get(kernel, header, 4) != 0x4550) die("the kernel is not an EFI program (no PE header)");
  switch (get(kernel, header + 4, 2)) {
    case 0x8664: return "BOOTX64 EFI";
    case 0xaa64: return "BOOTAA64EFI";
  }
  die("the kernel is an EFI program for another machine than x86-64 and AArch64");
}

Bytes make_file_system(const Bytes& kernel, size_t hidden_sectors, size_t spare) {
  const Layout layout = plan(kernel.size(), spare);
  Bytes out(layout.sectors * kSector);
  write_boot_sector(out, layout, hidden_sectors, serial_of(kernel));

  const size_t efi = kFirstCluster;
  const size_t boot = kFirstCluster + 1;
  const size_t first = kFirstCluster + 2;
  const size_t last = first + divide_up(kernel.size(), kCluster) - 1;
  const uint32_t end_of_chain = layout.fat16 ? 0xffff : 0xfff;
  Bytes fat(layout.fat_sectors * kSector);
  set_fat_entry(fat, layout, 0, layout.fat16 ? 0xfff8 : 0xff8);
  set_fat_entry(fat, layout, 1, end_of_chain);
  set_fat_entry(fat, layout, efi, end_of_chain);
  set_fat_entry(fat, layout, boot, end_of_chain);
  for (size_t cluster = first; cluster <= last; ++cluster)
    set_fat_entry(fat, layout, cluster, cluster == last ? end_of_chain : static_cast<uint32_t>(cluster + 1));
  for (size_t copy = 0; copy < kFats; ++copy)
    std::copy(fat.begin(), fat.end(),
              out.begin() + static_cast<ptrdiff_t>((layout.reserved + copy * layout.fat_sectors) * kSector));

  const auto offset_of = [&](size_t cluster) { return layout.data * kSector + (cluster - kFirstCluster) * kCluster; };
  const size_t root = (layout.data - kRootSectors) * kSector;
  write_entry(out, root, "COREKMS_SYS", kAttributeVolume, 0, 0);
  write_entry(out, root + 32, "EFI        ", kAttributeFolder, efi, 0);
  write_entry(out, offset_of(efi), ".          ", kAttributeFolder, efi, 0);
  write_entry(out, offset_of(efi) + 32, "..         ", kAttributeFolder, 0, 0);
  write_entry(out, offset_of(efi) + 64, "BOOT       ", kAttributeFolder, boot, 0);
  write_entry(out, offset_of(boot), ".          ", kAttributeFolder, boot, 0);
  write_entry(out, offset_of(boot) + 32, "..         ", kAttributeFolder, efi, 0);
  write_entry(out, offset_of(boot) + 64, name_of(kernel), kAttributeFile, first, kernel.size());
  std::copy(kernel.begin(), kernel.end(), out.begin() + static_cast<ptrdiff_t>(offset_of(first)));
  return out;
}

// A master boot record with one partition of type 0xef, from 1 MiB on. UEFI reads it as well as a GPT.
Bytes make_disk(const Bytes& kernel) {
  const Bytes file_system = make_file_system(kernel, kPartitionStart, kSpare);
  Bytes out(kPartitionStart * kSector);
  put(out, 440, 4, serial_of(kernel));
  put(out, 447, 3, 0xfffffe);  // first and last sector in cylinders: "too large", use the sector numbers
  put(out, 450, 1, 0xef);
  put(out, 451, 3, 0xfffffe);
  put(out, 454, 4, kPartitionStart);
  put(out, 458, 4, file_system.size() / kSector);
  put(out, 510, 2, 0xaa55);
  out.insert(out.end(), file_system.begin(), file_system.end());
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const bool disk = argc == 4 && std::string(argv[1]) == "--disk";
  if (argc != (disk ? 4 : 3)) die("usage: make_esp [--disk] KERNEL OUTPUT");
  const Bytes kernel = read_file(argv[argc - 2]);
  write_file(argv[argc - 1], disk ? make_disk(kernel) : make_file_system(kernel, 0, 0));
  return 0;
}
