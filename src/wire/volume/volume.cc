// SPDX-License-Identifier: MIT
#include "wire/volume/volume.h"

#include <bit>

namespace ck::volume {

namespace {

constexpr size_t kEntry = 32;
constexpr size_t kFatName = 11;
constexpr uint8_t kAttributes = 0x3f;
constexpr uint8_t kAttributeVolume = 0x08;
constexpr uint8_t kDeleted = 0xe5;
constexpr uint8_t kExtendedHeader = 0x29;

uint32_t number(Bytes bytes, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t i = width; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

Label text_of(Bytes bytes) {
  while (!bytes.empty() && (bytes.back() == ' ' || bytes.back() == 0)) bytes = bytes.first(bytes.size() - 1);
  return Label(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

std::optional<Fat> parse_fat(Bytes sector) {
  if (sector.size() < kFatHeader || number(sector, 510, 2) != 0xaa55) return std::nullopt;
  if (sector[0] != 0xeb && sector[0] != 0xe9) return std::nullopt;
  uint64_t bytes = number(sector, 11, 2);
  uint64_t cluster = sector[13];
  uint64_t reserved = number(sector, 14, 2);
  uint64_t tables = sector[16];
  uint32_t entries = number(sector, 17, 2);
  if (!std::has_single_bit(bytes) || bytes < 512 || bytes > 4096 || !std::has_single_bit(cluster)) return std::nullopt;
  if (reserved == 0 || tables == 0 || tables > 2) return std::nullopt;
  if (number(sector, 19, 2) == 0 && number(sector, 32, 4) == 0) return std::nullopt;  // sectors
  uint64_t small = number(sector, 22, 2);
  Fat fat;
  if (small != 0) {
    if (entries == 0) return std::nullopt;
    fat.root_directory = (reserved + tables * small) * bytes;
    fat.root_bytes = entries * static_cast<uint32_t>(kEntry);
    if (sector[38] == kExtendedHeader) fat.label = text_of(sector.subspan(43, kFatName));
    return fat;
  }
  uint64_t large = number(sector, 36, 4);
  uint64_t root = number(sector, 44, 4);
  if (large == 0 || root < 2) return std::nullopt;
  fat.root_directory = (reserved + tables * large + (root - 2) * cluster) * bytes;
  fat.root_bytes = static_cast<uint32_t>(cluster * bytes);
  if (sector[66] == kExtendedHeader) fat.label = text_of(sector.subspan(71, kFatName));
  return fat;
}

Label find_fat_label(Bytes root_directory) {
  for (; root_directory.size() >= kEntry; root_directory = root_directory.subspan(kEntry)) {
    uint8_t first = root_directory[0];
    if (first == 0) break;
    // A part of a long name has the volume's bit too, beside others.
    if (first != kDeleted && (root_directory[kFatName] & kAttributes) == kAttributeVolume)
      return text_of(root_directory.first(kFatName));
  }
  return {};
}

std::optional<Label> parse_iso9660(Bytes descriptor) {
  if (descriptor.size() < kIsoDescriptorSize || descriptor[0] != 1 || descriptor[6] != 1) return std::nullopt;
  if (std::string_view(reinterpret_cast<const char*>(descriptor.data()) + 1, 5) != "CD001") return std::nullopt;
  return text_of(descriptor.subspan(40, Label::capacity()));
}

}  // namespace ck::volume
