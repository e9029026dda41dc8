// SPDX-License-Identifier: MIT
#include "app/config/sources.h"

#include <algorithm>
#include <memory>

#include "app/config/hyperv.h"
#include "app/config/vmware.h"
#include "app/config/volumes.h"
#include "base/base64.h"
#include "sys/errno.h"
#include "sys/file.h"
#include "wire/smbios/oem_strings.h"

namespace ck::config {

namespace {

constexpr std::string_view kLabel = "COREKMS";
constexpr std::string_view kUserData = "#corekms";
constexpr const char* kSmbiosTable = "/sys/firmware/dmi/tables/DMI";
constexpr std::string_view kCredential = "corekms.toml";
constexpr const char* kFwCfg = "/sys/firmware/qemu_fw_cfg/by_name/opt/corekms/config/raw";
constexpr const char* kBuiltIn = "/config/corekms.toml";
constexpr size_t kMostSmbios = size_t{256} * 1024;
constexpr size_t kMostCommandLine = 8192;

struct Text {
  std::string text;
  std::string trouble;
};

// Nothing where there is no such file; one that is too long or cannot be read is in trouble.
std::optional<Text> read_whole(const char* path, size_t most) {
  auto buffer = std::make_unique<char[]>(most + 1);
  auto text = sys::read_file(path, {buffer.get(), most + 1});
  if (text) return Text{std::string(*text), {}};
  if (text.error().code == Code::OutOfRange) return Text{{}, "longer than " + std::to_string(most) + " bytes"};
  if (text.error().sys_errno == ENOENT || text.error().sys_errno == ENOTDIR) return std::nullopt;
  return Text{{}, std::string("cannot be read: ") + sys::errno_text(text.error().sys_errno)};
}

Candidate absent(std::string_view name) {
  return {.name = std::string(name), .is_found = false, .text = {}, .trouble = {}};
}

Candidate from_file(std::string_view name, const char* path) {
  Candidate candidate = absent(name);
  auto read = read_whole(path, toml::kMaxDocument);
  if (!read) return candidate;
  candidate.is_found = true;
  candidate.text = std::move(read->text);
  candidate.trouble = std::move(read->trouble);
  return candidate;
}

Candidate from_smbios() {
  Candidate candidate = absent("SMBIOS");
  auto table = read_whole(kSmbiosTable, kMostSmbios);
  if (!table || !table->trouble.empty()) return candidate;  // no host has put anything there
  Bytes bytes(reinterpret_cast<const uint8_t*>(table->text.data()), table->text.size());
  auto found = smbios::find_credential(bytes, kCredential);
  if (!found) return candidate;
  candidate.is_found = true;
  auto decoded = found->is_base64 ? decode_base64(found->value) : std::string(found->value);
  if (decoded)
    candidate.text = std::move(*decoded);
  else
    candidate.trouble = "the credential is not base64";
  return candidate;
}

Candidate from_volume(const Volume& volume, const File& file) {
  return {.name = volume.name, .is_found = true, .text = file.text, .trouble = file.trouble};
}

// Those labelled COREKMS, then whatever else has a /corekms.toml: the volume that the machine was started from, mostly.
void add_documents_of(const std::vector<Volume>& volumes, std::vector<Candidate>& all) {
  size_t before = all.size();
  for (bool labelled : {true, false})
    for (const Volume& volume : volumes)
      if (volume.document && volume.is_named(kLabel) == labelled) all.push_back(from_volume(volume, *volume.document));
  if (all.size() == before) all.push_back(absent("volume COREKMS"));
}

// User data that is meant for another system is none.
void add_user_data_of(const std::vector<Volume>& volumes, std::string_view label, std::string_view name,
                      std::vector<Candidate>& all) {
  for (const Volume& volume : volumes) {
    if (!volume.is_named(label) || !volume.user_data) continue;
    const File& file = *volume.user_data;
    if (!file.trouble.empty() || file.text.starts_with(kUserData)) return all.push_back(from_volume(volume, file));
  }
  all.push_back(absent(name));
}

// Those of the first container that has any.
std::optional<CloudFiles> cloud_files_of(std::vector<Volume>& volumes) {
  for (Volume& volume : volumes) {
    if (!volume.network_config && !volume.metadata) continue;
    CloudFiles files{.volume = volume.name};
    if (volume.is_named("config-2")) files.form = CloudFiles::Form::ConfigDrive;
    auto take = [&](std::optional<File>& file, std::optional<std::string>& text) {
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
  std::vector<Candidate> all;
  auto volumes = read_volumes();
  add_documents_of(volumes, all);
  add_user_data_of(volumes, "cidata", "NoCloud", all);
  add_user_data_of(volumes, "config-2", "ConfigDrive", all);
  return {.documents = std::move(all), .cloud = cloud_files_of(volumes)};
}

void look_elsewhere(std::vector<Candidate>& all) {
  if (auto candidate = from_guestinfo()) all.push_back(std::move(*candidate));
  // Its silence takes a second, which is spent only while there is no document.
  if (std::ranges::none_of(all, &Candidate::is_found))
    if (auto candidate = from_hyperv()) all.push_back(std::move(*candidate));
  all.push_back(from_smbios());
  all.push_back(from_file("fw_cfg", kFwCfg));
  all.push_back(from_file("built in", kBuiltIn));
}

Result<std::string> read_kernel_command_line() {
  auto buffer = std::make_unique<char[]>(kMostCommandLine);
  return std::string(CK_TRY(sys::read_file("/proc/cmdline", {buffer.get(), kMostCommandLine})));
}

}  // namespace ck::config
