// SPDX-License-Identifier: MIT
// A document as hosts of virtual machines hand it over in a text value: as it is, in base64, or in base64 of gzip.
#pragma once

#include <string_view>

#include "engine/config/candidate.h"

namespace ck::config {

// What a value may have: a document of 64 KiB in base64, with line ends.
inline constexpr size_t kMostEncoded = size_t{96} * 1024;

// `encoding`: empty, "base64" or "b64", "gzip+base64" or "gz+b64" (cloud-init's words); another is trouble.
Content decode(std::string_view value, std::string_view encoding);

}  // namespace ck::config
