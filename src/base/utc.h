// SPDX-License-Identifier: MIT
// Moments of the calendar: as a number, and as text (RFC 3339, UTC, milliseconds): "2026-11-25T14:05:23.042Z".
#pragma once

#include <chrono>
#include <cstdint>

#include "base/fixed.h"

namespace ck {

// Microseconds; of UTC: since 1970.
using Micros = std::chrono::duration<int64_t, std::micro>;

// `ms` since 1970, not before it.
FixedString<32> utc_text(int64_t ms);

}  // namespace ck
