// SPDX-License-Identifier: MIT
#include "app/config/volumes.h"

#include <algorithm>
#include <memory>

#include "app/config/content.h"
#include "base/text.h"
#include "engine/config/place.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/mount.h"
#include "wire/toml/document.h"

namespace ck::config {

namespace {

constexpr const char* kTarget = "/tmp";                              // empty, and nobody else's in this name space
constexpr Duration kPatience = 3s;                                   // for all volumes together
constexpr size_t kTable = 4096;                                      // of /proc/partitions
constexpr const char* kSticks = "/sys/bus/usb/drivers/usb-storage";  // exists where the kernel knows them
constexpr TimePoint kSticksAt = TimePoint(2s);                       // since the kernel started
constexpr Duration kQuiet = 300ms;
constexpr size_t kRootRead = 4096;  // of a FAT root directory: the label stands at its beginning

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct Found {
  volume::Label label;
  const char* type = "";
};

std::optional<Found> identify(int device) {
  auto buffer = std::make_unique<uint8_t[]>(kRootRead);
  MutableBytes sector(buffer.get(), volume::kFatHeader);
  // An ISO that is also a disk has a boot sector, hence ISO 9660 first.
  MutableBytes descriptor(buffer.get(), volume::kIsoDescriptorSize);
  if (sys::read_at(device, volume::kIsoDescriptor, descriptor))
    if (auto label = volume::parse_iso9660(descriptor)) return Found{*label, "iso9660"};
  if (!sys::read_at(device, 0, sector)) return std::nullopt;
  auto fat = volume::parse_fat(sector);
  if (!fat) return std::nullopt;
  MutableBytes root(buffer.get(), std::min<size_t>(fat->root_bytes, kRootRead));
  if (sys::read_at(device, fat->root_directory, root))
    if (volume::Label label = volume::find_fat_label(root); !label.empty()) return Found{label, "vfat"};
  return Found{fat->label, "vfat"};
}

std::optional<Content> read_text(std::string_view path) {
  char name[96];
  auto content = read_content(TextWriter(name).put(kTarget).put(path).put('\0').view().data(), toml::kMaxDocument);
  if (content && !content->trouble.empty()) content->trouble = std::string(path.substr(1)) + ": " + content->trouble;
  return content;
}

// Only comments and blanks: the place that an image keeps for a document.
bool is_blank(std::string_view text) {
  bool comment = false;
  for (char c : text) {
    if (c == '\n')
      comment = false;
    else if (c == '#')
      comment = true;
    else if (!comment && c != ' ' && c != '\t' && c != '\r')
      return false;
  }
  return true;
}

void read_files(Volume& volume) {
  volume.document = read_text("/corekms.toml");
  if (volume.document && volume.document->trouble.empty())
    volume.document->text = std::string(document_in_place(volume.document->text));
  if (volume.document && volume.document->trouble.empty() && is_blank(volume.document->text)) volume.document.reset();
  if (volume.is_named(kNoCloudLabel)) {
    volume.user_data = read_text("/user-data");
    volume.metadata = read_text("/meta-data");
    volume.network_config = read_text("/network-config");
  } else if (volume.is_named(kConfigDriveLabel)) {
    volume.user_data = read_text("/openstack/latest/user_data");
    volume.metadata = read_text("/openstack/latest/meta_data.json");
    volume.network_config = read_text("/openstack/latest/network_data.json");
  }
}

void look_at(std::string_view device, std::vector<Volume>& volumes) {
  char path[64];
  TextWriter out(path);
  out.put("/dev/").put(device).put('\0');
  if (out.truncated()) return;
  auto fd = sys::open_file(path, O_RDONLY | O_NONBLOCK);
  if (!fd) return;  // a drive without a medium
  auto found = identify(fd->get());
  if (!found) return;
  Volume volume;
  volume.label = found->label;
  volume.name.append("volume ").append(found->label.empty() ? "without a label" : found->label.view());
  volume.name.append(" (").append(device).append(")");
  if (auto mounted = sys::mount_volume(path, found->type, kTarget); mounted) {
    read_files(volume);
    if (auto done = sys::unmount(kTarget); !done) sys::log_error({volume.name}, done.error());
  } else {
    sys::log_error({volume.name}, mounted.error());
    if (!volume.is_named(kOwnLabel)) return;
    // It was meant to configure this machine.
    std::string trouble("cannot be mounted: ");
    volume.document = Content{{}, trouble.append(sys::errno_text(mounted.error().sys_errno))};
  }
  volumes.push_back(std::move(volume));
}

// /proc/partitions. USB sticks come after the kernel has started everything else, and nothing tells that the last one
// is there: where the kernel knows them (the metal profile) this waits until two seconds after its start, and on while
// something new appears.
Result<std::string_view> read_table(std::span<char, kTable> buffer) {
  auto table = sys::read_file("/proc/partitions", buffer);
  if (!table || !sys::exists(kSticks)) return table;
  TimePoint changed = sys::now();
  std::string before(*table);
  for (TimePoint now = changed; now < kSticksAt + kPatience; now = sys::now()) {
    if (*table != before) {
      before = *table;
      changed = now;
    }
    if (now >= kSticksAt && now - changed >= kQuiet) break;
    sys::sleep_for(50ms);
    table = sys::read_file("/proc/partitions", buffer);
    if (!table) break;
  }
  return table;
}

}  // namespace

bool Volume::is_named(std::string_view wanted) const {
  return std::equal(label.view().begin(), label.view().end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::vector<Volume> read_volumes() {
  std::vector<Volume> volumes;
  char buffer[kTable];
  auto table = read_table(buffer);
  if (!table) return volumes;  // a kernel without disks
  TimePoint end = sys::now() + kPatience;
  size_t looked_at = 0;
  // "major minor  #blocks  name", an empty line, then a device in each: the name is its last word.
  for (std::string_view rest = *table; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    size_t space = line.find_last_of(" \t");
    if (space == std::string_view::npos || line.starts_with("major")) continue;
    if (looked_at++ == 0)
      if (auto own = sys::own_mounts(); !own) {
        sys::log_error({"volumes"}, own.error());
        return volumes;
      }
    if (looked_at > kMaxVolumes || sys::now() > end) {
      sys::log(sys::Severity::Warning, {"volumes from ", line.substr(space + 1), " on are not looked at"});
      break;
    }
    look_at(line.substr(space + 1), volumes);
  }
  return volumes;
}

}  // namespace ck::config
