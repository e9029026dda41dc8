// SPDX-License-Identifier: MIT
// A YAML 1.1 document, and so a JSON one, as the tree of values that wire/toml yields, each with its place in the text.
// The parsing is libyaml's; this bounds it and says what a plain word is. Read are tables with texts for keys, arrays,
// and plain or quoted texts. Refused are aliases (a few lines of them may stand for gigabytes), tags other than those
// of texts, tables and arrays, a key that is there twice, and a second document. Like wire/toml it allocates, as much
// as the text is long; libyaml's own lack of memory is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "wire/toml/document.h"

namespace ck::yaml {

inline constexpr size_t kMaxDocument = size_t{64} * 1024;  // bytes
inline constexpr size_t kMaxDepth = 24;                    // tables and arrays within each other
inline constexpr size_t kMaxNodes = 4096;

// An empty text is an empty Table. Plain true, yes and on (and their contraries) are Booleans, decimal numbers of at
// most 18 digits without leading zeros Integers, nothing, ~ and null an empty String, all else a String: addresses and
// hardware addresses above all, which YAML 1.1 would take for numbers of base 60. `text` of a Boolean or an Integer is
// as it was written. Columns are counted in characters.
std::expected<toml::Node, toml::SyntaxError> parse(std::string_view text, uint8_t source = 0);

}  // namespace ck::yaml
