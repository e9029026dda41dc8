// SPDX-License-Identifier: MIT
// Files that hold a document or a part of one: whole, and within bounds.
#pragma once

#include <optional>

#include "engine/config/candidate.h"

namespace ck::config {

// At most `most` bytes. Nothing where there is no such file; one that is longer, is no regular file or cannot be read
// is in trouble.
std::optional<Content> read_content(const char* path, size_t most);

}  // namespace ck::config
