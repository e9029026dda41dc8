// SPDX-License-Identifier: MIT
// The FAT and ISO 9660 volumes of this machine: what stands on them that may configure it. Each is mounted for a
// moment, read-only, in a mount name space that ends with this process.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/config/candidate.h"
#include "wire/volume/volume.h"

namespace ck::config {

inline constexpr size_t kMaxVolumes = 16;  // looked at; a machine has one or two

// Labels, in any case of letters.
inline constexpr std::string_view kOwnLabel = "COREKMS";
inline constexpr std::string_view kNoCloudLabel = "CIDATA";
inline constexpr std::string_view kConfigDriveLabel = "CONFIG-2";

struct Volume {
  std::string name;  // for people: "volume COREKMS (sda1)"
  volume::Label label;
  std::optional<Content> document;        // /corekms.toml
  std::optional<Content> user_data;       // NoCloud: /user-data, ConfigDrive: /openstack/latest/user_data
  std::optional<Content> metadata;        // /meta-data, meta_data.json
  std::optional<Content> network_config;  // /network-config, network_data.json

  bool is_named(std::string_view wanted) const;  // in any case of letters
};

// In the order of /proc/partitions, which is that of their discovery. Needs CAP_SYS_ADMIN.
std::vector<Volume> read_volumes();

}  // namespace ck::config
