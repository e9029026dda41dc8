// SPDX-License-Identifier: MIT
// A program with too much to say: datagrams of syslog's form to a log socket, so many a second, until standard input
// ends. Then it prints how many were taken and refused, and in how long, as JSON.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace ck::load {

// Errors: System.
Result<void> flood(const char* path, uint32_t lines_a_second);

}  // namespace ck::load
