// SPDX-License-Identifier: MIT
#include "app/config/sources.h"

#include <algorithm>
#include <memory>

#include "app/config/content.h"
#include "app/config/hyperv.h"
#include "app/config/vmware.h"
#include "app/config/volumes.h"
#include "base/base64.h"
#include "engine/config/user_data.h"
#include "sys/file.h"
#include "wire/smbios/oem_strings.h"

namespace ck::config {

namespace {

constexpr const char* kSmbiosTable = "/sys/firmware/dmi/tables/DMI";
constexpr std::string_view kCredential = "corekms.toml";
constexpr const char* kFwCfg = "/sys/firmware/qemu_fw_cfg/by_name/opt/corekms/config/raw";
constexpr const char* kBuiltIn = "/config/corekms.toml";
constexpr size_t kMostSmbios = size_t{256} * 1024;
constexpr size_t kMostCommandLine = 8192;

Candidate from_file(std::string_view name, const char* path) {
  auto content = read_content(path, toml::kMaxDocument);
  return content ? found(name, std::move(*content)) : absent(name);
}

Candidate from_smbios() {
  constexpr std::string_view kName = "SMBIOS";
  auto table = read_content(kSmbiosTable, kMostSmbios);
  if (!table || !table->trouble.empty()) return absent(kName);  // no host has put anything there
  Bytes bytes(reinterpret_cast<const uint8_t*>(table->text.data()), table->text.size());
  auto credential = smbios::find_credential(bytes, kCredential);
  if (!credential) return absent(kName);
  if (!credential->is_base64) return found(kName, {std::string(credential->value), {}});
  auto decoded = decode_base64(credential->value);
  return found(kName, decoded ? Content{std::move(*decoded), {}} : Content{{}, "the credential is not base64"});
}

// Those labelled COREKMS, then whatever else has a /corekms.toml: the volume that the machine was started from, mostly.
void add_documents_of(const std::vector<Volume>& volumes, std::vector<Candidate>& all) {
  size_t before = all.size();
  for (bool labelled : {true, false})
    for (const Volume& volume : volumes)
      if (volume.document && volume.is_named(kOwnLabel) == labelled)
        all.push_back(found(volume.name, *volume.document));
  if (all.size() == before) all.push_back(absent("volume COREKMS"));
}

Candidate user_data_of(const std::vector<Volume>& volumes, std::string_view label, std::string_view file,
                       std::string_view name) {
  std::vector<UserData> all;
  for (const Volume& volume : volumes)
    if (volume.is_named(label) && volume.user_data)
      all.push_back({.volume = volume.name, .file = file, .content = &*volume.user_data});
  return choose_user_data(name, all);
}

// Those of the first container that has any.
std::optional<CloudFiles> cloud_files_of(std::vector<Volume>& volumes) {
  for (Volume& volume : volumes) {
    if (!volume.network_config && !volume.metadata) continue;
    CloudFiles files{.volume = volume.name};
    if (volume.is_named(kConfigDriveLabel)) files.form = CloudFiles::Form::ConfigDrive;
    auto take = [&](std::optional<Content>& file, std::optional<std::string>& text) {
      if (!file) return;
      if (!file->trouble.empty())
        files.trouble = file->trouble;
      else
        text = std::move(file->text);
    };
    take(volume.network_config, files.network);
    take(volume.metadata, files.metadata);
    return files;
  }
  return std::nullopt;
}

}  // namespace

Volumes look_on_volumes() {
  if (!kHasPlatform) return {};
  std::vector<Candidate> all;
  auto volumes = read_volumes();
  add_documents_of(volumes, all);
  all.push_back(user_data_of(volumes, kNoCloudLabel, "user-data", "NoCloud"));
  all.push_back(user_data_of(volumes, kConfigDriveLabel, "user_data", "ConfigDrive"));
  return {.documents = std::move(all), .cloud = cloud_files_of(volumes)};
}

void look_elsewhere(std::vector<Candidate>& all) {
  if (kHasPlatform) {
    if (auto candidate = from_guestinfo()) all.push_back(std::move(*candidate));
    // Its silence takes a second, which is spent only while there is no document.
    if (std::ranges::none_of(all, &Candidate::is_found))
      if (auto candidate = from_hyperv()) all.push_back(std::move(*candidate));
    all.push_back(from_smbios());
  }
  all.push_back(from_file("fw_cfg", kFwCfg));
  all.push_back(from_file("built in", kBuiltIn));
}

Result<std::string> read_kernel_command_line() {
  auto buffer = std::make_unique<char[]>(kMostCommandLine);
  return std::string(CK_TRY(sys::read_file("/proc/cmdline", {buffer.get(), kMostCommandLine})));
}

}  // namespace ck::config
