// SPDX-License-Identifier: MIT
// A frame for terminals that know no escape sequences (teletypes, logs of a serial line, `dumb`): lines of text and
// nothing else, one below the other.
#pragma once

#include "base/text.h"
#include "engine/console/frame.h"

namespace ck::console {

// All rows, runs of blank ones as one, without trailing blanks.
void write_plain(const Frame& frame, TextWriter& out);
// The last row alone.
void write_last_row(const Frame& frame, TextWriter& out);

}  // namespace ck::console
