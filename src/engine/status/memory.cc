// SPDX-License-Identifier: MIT
#include "engine/status/memory.h"

#include "base/text.h"

namespace ck::status {

Memory read_memory(std::string_view meminfo) {
  Memory memory;
  Splitter lines(meminfo, '\n');
  while (auto line = lines.next()) {
    size_t colon = line->find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = trim(line->substr(colon + 1));
    auto kib = parse_u64(value.substr(0, value.find(' ')));
    std::string_view key = line->substr(0, colon);
    if (key == "MemTotal") memory.total_kib = kib.value_or(0);
    if (key == "MemAvailable") memory.available_kib = kib.value_or(0);
  }
  return memory;
}

}  // namespace ck::status
