// SPDX-License-Identifier: MIT
// Where a document may come from, looked at in the order of precedence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/config/gather.h"

namespace ck::config {

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
