// SPDX-License-Identifier: MIT
// The FAT and ISO 9660 volumes of this machine: what stands on them that may configure it. Each is mounted for a
// moment, read-only, in a mount name space that ends with this process.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wire/volume/volume.h"

namespace ck::config {

inline constexpr size_t kMaxVolumes = 16;  // looked at; a machine has one or two

struct File {
  std::string text;
  std::string trouble;  // why it cannot be read; empty: it was
};

struct Volume {
  std::string name;  // for people: "volume COREKMS (sda1)"
  volume::Label label;
  std::optional<File> document;        // /corekms.toml
  std::optional<File> user_data;       // NoCloud: /user-data, ConfigDrive: /openstack/latest/user_data
  std::optional<File> metadata;        // /meta-data, meta_data.json
  std::optional<File> network_config;  // /network-config, network_data.json

  bool is_named(std::string_view wanted) const;  // in any case of letters
};

// In the order of /proc/partitions, which is that of their discovery. Needs CAP_SYS_ADMIN.
std::vector<Volume> read_volumes();

}  // namespace ck::config
