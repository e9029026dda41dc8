// SPDX-License-Identifier: MIT
// Takes chance and time out of a disk image that qemu-img wrote, so that the same content gives the same bytes.
//
//   settle_image vhd|vhdx|vmdk|vdi FILE
//
// Each of these formats holds identities that are drawn anew whenever an image is written, and one the time. Here they
// follow from the rest of the bytes instead: two different images still have two identities.
//   vhd   the footer's time stamp, unique id and checksum (Virtual Hard Disk Image Format 1.0, "Hard Disk Footer
//   Format") vhdx  both headers' GUIDs, sequence numbers and checksum, the page 83 id, and a log that is empty
//   (MS-VHDX 2.2.2, 2.3, 2.6.2.7) vmdk  the content id of the descriptor (Virtual Disk Format 5.0) vdi   the ids of
//   creation and modification (VirtualBox's VDICore.h, version 1.1)
#include <algorithm>
#include <cctype>
#include <cstring>

#include "bytes.h"

namespace {

using namespace ck::image;

constexpr size_t kGuid = 16;
constexpr size_t kCidDigits = 8;

// FNV-1a over everything, continued to as many bytes as are wanted. The fields that are about to be replaced must be
// zero.
class Identity {
 public:
  explicit Identity(const Bytes& bytes) {
    for (const uint8_t byte : bytes) step(byte);
  }
  uint8_t next() {
    step(count_++);
    return static_cast<uint8_t>(state_ >> 32);
  }
  void put_guid(Bytes& bytes, size_t offset) {
    for (size_t i = 0; i < kGuid; ++i) put(bytes, offset + i, 1, next());
    // Version 4, RFC 9562 variant, in the little-endian field order of GUIDs.
    put(bytes, offset + 7, 1, (get(bytes, offset + 7, 1) & 0x0f) | 0x40);
    put(bytes, offset + 8, 1, (get(bytes, offset + 8, 1) & 0x3f) | 0x80);
  }

 private:
  void step(uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001b3; }
  uint64_t state_ = 0xcbf29ce484222325;
  uint8_t count_ = 0;
};

void clear(Bytes& bytes, size_t offset, size_t length) {
  for (size_t i = 0; i < length; ++i) put(bytes, offset + i, 1, 0);
}

void expect(const Bytes& bytes, size_t offset, const std::string& text, const char* what) {
  for (size_t i = 0; i < text.size(); ++i)
    if (get(bytes, offset + i, 1) != static_cast<uint8_t>(text[i])) die(std::string("not ") + what);
}

void put_big(Bytes& bytes, size_t offset, size_t width, uint64_t value) {
  for (size_t i = 0; i < width; ++i) put(bytes, offset + i, 1, (value >> (8 * (width - 1 - i))) & 0xff);
}

void settle_vhd(Bytes& bytes) {
  constexpr size_t kFooter = 512;
  constexpr uint32_t kTime = 820'454'400;  // seconds since 2000-01-01: 2026-01-01, in every image
  if (bytes.size() < kFooter) die("not a VHD");
  const size_t footer = bytes.size() - kFooter;
  expect(bytes, footer, "conectix", "a VHD");
  if (get(bytes, footer + 60, 4) != 0x02000000) die("not a VHD of a fixed size");
  clear(bytes, footer + 24, 4);
  clear(bytes, footer + 64, 4 + kGuid);
  Identity(bytes).put_guid(bytes, footer + 68);
  put_big(bytes, footer + 24, 4, kTime);
  uint32_t sum = 0;
  for (size_t i = 0; i < kFooter; ++i) sum += get(bytes, footer + i, 1);
  put_big(bytes, footer + 64, 4, ~sum & 0xffffffff);
}

uint64_t get64(const Bytes& bytes, size_t offset) {
  return get(bytes, offset, 4) | static_cast<uint64_t>(get(bytes, offset + 4, 4)) << 32;
}

uint32_t crc32c(const Bytes& bytes, size_t offset, size_t length) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < length; ++i) {
    crc ^= get(bytes, offset + i, 1);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

// The offset of the item of this GUID in the metadata region.
size_t find_metadata(const Bytes& bytes, const std::string& guid) {
  constexpr size_t kRegions = 192 * 1024;
  constexpr size_t kEntry = 32;
  const std::string metadata("\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e", kGuid);
  expect(bytes, kRegions, "regi", "a VHDX");
  for (size_t i = 0; i < get(bytes, kRegions + 8, 4); ++i) {
    const size_t region = kRegions + 16 + i * kEntry;
    get(bytes, region + kEntry - 1, 1);
    if (std::memcmp(bytes.data() + region, metadata.data(), kGuid) != 0) continue;
    const size_t table = get(bytes, region + 16, 4);
    expect(bytes, table, "metadata", "a VHDX");
    for (size_t item = 0; item < get(bytes, table + 10, 2); ++item) {
      const size_t entry = table + 32 + item * kEntry;
      get(bytes, entry + kEntry - 1, 1);
      if (std::memcmp(bytes.data() + entry, guid.data(), kGuid) == 0) return table + get(bytes, entry + 16, 4);
    }
  }
  die("the VHDX lacks its page 83 id");
}

void settle_vhdx(Bytes& bytes) {
  constexpr size_t kHeaders[] = {64 * 1024, 128 * 1024};
  constexpr size_t kHeader = 4096;
  expect(bytes, 0, "vhdxfile", "a VHDX");
  const std::string page83("\xab\x12\xca\xbe\xe6\xb2\x23\x45\x93\xef\xc3\x09\xe0\x00\xc7\x46", kGuid);
  const size_t id = find_metadata(bytes, page83);
  clear(bytes, id, kGuid);
  // The header of the higher sequence number is the one that holds.
  const bool second = get64(bytes, kHeaders[1] + 8) > get64(bytes, kHeaders[0] + 8);
  for (const size_t header : kHeaders) {
    expect(bytes, header, "head", "a VHDX");
    for (size_t i = 0; i < kGuid; ++i)
      if (get(bytes, header + 48 + i, 1) != 0) die("the VHDX has a log that is not empty");
    clear(bytes, header + 4, 4);
    put(bytes, header + 8, 8, second == (header == kHeaders[1]) ? 2 : 1);
    clear(bytes, header + 16, 2 * kGuid);
  }
  clear(bytes, get(bytes, kHeaders[0] + 72, 4), get(bytes, kHeaders[0] + 68, 4));  // the log
  Identity identity(bytes);
  identity.put_guid(bytes, id);
  for (const size_t header : kHeaders) {
    identity.put_guid(bytes, header + 16);
    identity.put_guid(bytes, header + 32);
    put(bytes, header + 4, 4, crc32c(bytes, header, kHeader));
  }
}

void clear_behind_text(Bytes& bytes, size_t text, size_t end) {
  size_t at = text;
  while (at < end && get(bytes, at, 1) != 0) ++at;
  clear(bytes, at, end - at);
}

// A content id is 32 bits in hexadecimal, which qemu-img writes without leading zeros: one in sixteen is shorter. What
// follows it moves to where it is when there are eight; behind the text the descriptor is filled up with zeros.
void widen_cid(Bytes& bytes, size_t digits, size_t end) {
  size_t count = 0;
  while (count < kCidDigits && std::isxdigit(static_cast<int>(get(bytes, digits + count, 1))) != 0) ++count;
  if (get(bytes, digits + count, 1) != '\n') die("the VMDK's content id is no number of 32 bits");
  const size_t missing = kCidDigits - count;
  for (size_t i = end - missing; i < end; ++i)
    if (get(bytes, i, 1) != 0) die("the VMDK's descriptor has no room");
  const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(digits);
  const auto to = bytes.begin() + static_cast<std::ptrdiff_t>(end);
  std::move_backward(from, to - static_cast<std::ptrdiff_t>(missing), to);
}

void settle_vmdk(Bytes& bytes) {
  expect(bytes, 0, "KDMV", "a VMDK");
  const size_t descriptor = get(bytes, 28, 4) * 512;
  const size_t end = descriptor + get(bytes, 36, 4) * 512;
  const std::string key = "\nCID=";
  for (size_t at = descriptor; at + key.size() + kCidDigits <= end && end <= bytes.size(); ++at) {
    if (std::memcmp(bytes.data() + at, key.data(), key.size()) != 0) continue;
    const size_t digits = at + key.size();
    // qemu-img writes the descriptor twice; the second text ends with a zero, and behind it stands what is left of a
    // longer first one.
    clear_behind_text(bytes, digits, end);
    widen_cid(bytes, digits, end);
    clear(bytes, digits, kCidDigits);
    Identity identity(bytes);
    for (size_t i = 0; i < kCidDigits; ++i)
      put(bytes, digits + i, 1, static_cast<uint8_t>("0123456789abcdef"[identity.next() % 16]));
    return;
  }
  die("the VMDK lacks a content id");
}

void settle_vdi(Bytes& bytes) {
  constexpr size_t kCreation = 0x188;
  if (get(bytes, 0x40, 4) != 0xbeda107f) die("not a VDI");
  clear(bytes, kCreation, 2 * kGuid);
  Identity identity(bytes);
  identity.put_guid(bytes, kCreation);
  identity.put_guid(bytes, kCreation + kGuid);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) die("usage: settle_image vhd|vhdx|vmdk|vdi FILE");
  const std::string kind = argv[1];
  Bytes bytes = read_file(argv[2]);
  if (kind == "vhd")
    settle_vhd(bytes);
  else if (kind == "vhdx")
    settle_vhdx(bytes);
  else if (kind == "vmdk")
    settle_vmdk(bytes);
  else if (kind == "vdi")
    settle_vdi(bytes);
  else
    die(kind + ": known are vhd, vhdx, vmdk, vdi");
  write_file(argv[2], bytes);
  return 0;
}
