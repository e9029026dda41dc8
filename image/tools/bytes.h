// SPDX-License-Identifier: MIT
// Little things that the image tools share: whole files in memory, little-endian fields, and one way to fail.
// Offsets are checked: a field outside of the image is an error of the image, reported, never a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ck::image {

using Bytes = std::vector<uint8_t>;

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

inline Bytes read_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) die(path + ": cannot be opened");
  Bytes bytes;
  uint8_t block[65536];
  size_t count = 0;
  while ((count = std::fread(block, 1, sizeof block, file)) > 0) bytes.insert(bytes.end(), block, block + count);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) die(path + ": cannot be read");
  return bytes;
}

inline void write_file(const std::string& path, const Bytes& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) die(path + ": cannot be written");
  const size_t count = std::fwrite(bytes.data(), 1, bytes.size(), file);
  if (std::fclose(file) != 0 || count != bytes.size()) die(path + ": cannot be written whole");
}

// The little-endian number of `width` bytes at `offset`.
inline uint32_t get(const Bytes& bytes, size_t offset, size_t width) {
  if (offset > bytes.size() || width > bytes.size() - offset)
    die("the image ends before offset " + std::to_string(offset));
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) value |= static_cast<uint32_t>(bytes[offset + i]) << (8 * i);
  return value;
}

inline void put(Bytes& bytes, size_t offset, size_t width, size_t value) {
  if (offset > bytes.size() || width > bytes.size() - offset)
    die("the image ends before offset " + std::to_string(offset));
  for (size_t i = 0; i < width; ++i) bytes[offset + i] = static_cast<uint8_t>(value >> (8 * i));
}

inline void put_text(Bytes& bytes, size_t offset, const std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) put(bytes, offset + i, 1, static_cast<uint8_t>(text[i]));
}

// A structure of a format that this machine has, too (ELF).
template <typename T>
T get_struct(std::span<const uint8_t> bytes, size_t offset) {
  if (offset > bytes.size() || sizeof(T) > bytes.size() - offset)
    die("the image ends before offset " + std::to_string(offset));
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <typename T>
void put_struct(Bytes& bytes, size_t offset, const T& value) {
  if (offset > bytes.size() || sizeof(T) > bytes.size() - offset)
    die("the image ends before offset " + std::to_string(offset));
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

constexpr size_t divide_up(size_t value, size_t by) { return (value + by - 1) / by; }

}  // namespace ck::image
