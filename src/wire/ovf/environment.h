// SPDX-License-Identifier: MIT
// The properties of an OVF environment document (DMTF DSP0243 1.1, 9 and 11.1). It reads the XML that platforms write
// there, and no more of XML than that: tags with attributes, character references and the five entities, comments,
// CDATA, processing instructions; of namespaces the local name counts. A document type is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ck::ovf {

// The value of the property `key` of the machine itself: of the PropertySection that stands in the root, not of those
// in an Entity, which are other machines'. Line ends within a value stay as they are. Nothing where there is no such
// property. Errors: Malformed.
Result<std::optional<std::string>> find_property(std::string_view environment, std::string_view key);

}  // namespace ck::ovf
