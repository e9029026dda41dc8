// SPDX-License-Identifier: MIT
// Base64 (RFC 4648 section 4), read: white space within it is passed over, padding may be missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ck {

// Nothing when there is another character in it, or bits that no byte takes.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ck
