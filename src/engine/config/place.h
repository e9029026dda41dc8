// SPDX-License-Identifier: MIT
// The place that an ISO keeps for a document is as long as the longest one (image/config_place.sh): a line that says
// what it is and how long the document in it is, the document, and empty lines to its end.
#pragma once

#include <string_view>

namespace ck::config {

// The document in such a place. Any other text, and a place with none in it, as it is.
std::string_view document_in_place(std::string_view text);

}  // namespace ck::config
