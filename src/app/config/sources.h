// SPDX-License-Identifier: MIT
// Where a document may come from, looked at in the order of precedence.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/config/gather.h"

namespace ck::config {

// Needs CAP_SYS_ADMIN for volumes; without it there are none.
std::vector<Candidate> look_for_documents();
// Errors: System.
Result<std::string> read_kernel_command_line();

}  // namespace ck::config
