// SPDX-License-Identifier: MIT
// Looking for records in the text of a state file. What is found is a view of that text.
#pragma once

#include <optional>
#include <string_view>

#include "wire/state/record.h"

namespace ck::state {

// The first record of the kind; with a key, whose value (as it is written) is `value`.
inline std::optional<Record> find(std::string_view file, std::string_view kind, std::string_view key = {},
                                  std::string_view value = {}) {
  RecordReader reader(file);
  while (auto record = reader.next())
    if (record->kind() == kind && (key.empty() || record->raw(key) == value)) return record;
  return std::nullopt;
}

// Calls visit(record) for each record of the kind, in order.
template <typename Visit>
void for_each(std::string_view file, std::string_view kind, Visit visit) {
  RecordReader reader(file);
  while (auto record = reader.next())
    if (record->kind() == kind) visit(*record);
}

}  // namespace ck::state
