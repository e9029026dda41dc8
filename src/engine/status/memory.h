// SPDX-License-Identifier: MIT
// How much memory there is, from the text of /proc/meminfo.
#pragma once

#include <cstdint>
#include <string_view>

namespace ck::status {

struct Memory {
  uint64_t total_kib = 0;      // 0: not known
  uint64_t available_kib = 0;  // without taking it from anybody
};

Memory read_memory(std::string_view meminfo);

}  // namespace ck::status
