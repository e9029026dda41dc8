// SPDX-License-Identifier: MIT
// Where a document may come from, looked at in the order of precedence.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/config/gather.h"

namespace ck::config {

std::vector<Candidate> look_for_documents();
// Errors: System.
Result<std::string> read_kernel_command_line();

}  // namespace ck::config
