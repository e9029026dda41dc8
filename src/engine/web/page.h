// SPDX-License-Identifier: MIT
// The status page: one HTML document without script, picture or anything else from outside, that asks for itself anew
// every ten seconds. It is under kMaxPage whatever there is to show: rows that do not fit are left out whole, and the
// page says so and where the rest is.
#pragma once

#include "base/fixed.h"
#include "engine/web/body.h"
#include "engine/web/snapshot.h"

namespace ck::web {

inline constexpr size_t kMaxPage = 30'000;     // bytes
inline constexpr size_t kPageReserve = 2'048;  // of these: what stands around the rows

// The body's reserve has to be kPageReserve.
void write_page(const Snapshot& snapshot, Body& out);

// "'sha256-...'": what a Content-Security-Policy has to allow as style-src.
FixedString<64> style_source();

}  // namespace ck::web
