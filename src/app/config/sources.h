// SPDX-License-Identifier: MIT
// Where a document may come from, looked at in the order of precedence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/config/gather.h"

namespace ck::config {

// Whether this image's kernel can show disks, SMBIOS, a TPM, and what VMware and Hyper-V say. Where it cannot (the
// micro profile) their readers are left out of the program.
inline constexpr bool kHasPlatform = CK_HAS_PLATFORM;

struct Volumes {
  std::vector<Candidate> documents;
  std::optional<CloudFiles> cloud;
};

// Needs CAP_SYS_ADMIN; without it there are no volumes.
Volumes look_on_volumes();
// Adds all that comes after the volumes. Needs no capability, and should have none: it reads what hosts say.
void look_elsewhere(std::vector<Candidate>& all);
// Errors: System.
Result<std::string> read_kernel_command_line();

}  // namespace ck::config
