// SPDX-License-Identifier: MIT
// The snapshot as one JSON document (docs/web.md has the schema): every record of the state files whose kind is in the
// table, with the keys that the table names, always all of them. A number that is absent is null, a text is "".
#pragma once

#include <span>
#include <string_view>

#include "engine/web/body.h"
#include "engine/web/snapshot.h"

namespace ck::web {

inline constexpr int kJsonSchema = 1;  // changes when something goes or means something else, not when something comes

enum class Shape : uint8_t { Object, List };  // the first record or null; all of them
struct JsonSection {
  std::string_view name;
  File file;
  std::string_view kind;
  Shape shape;
  // Keys of the record, separated by blanks, '#' before a number; '_' stands for '-' in the document.
  std::string_view fields;
};
std::span<const JsonSection> json_sections();

// The body's reserve has to be kJsonReserve. What does not fit is left out by whole records, and "complete" is false.
inline constexpr size_t kJsonReserve = 2048;
void write_json(const Snapshot& snapshot, Body& out);

}  // namespace ck::web
