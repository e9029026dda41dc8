// SPDX-License-Identifier: MIT
// How much the kernel's log shows on the consoles.
#pragma once

#include "base/result.h"

namespace ck::sys {

// From now on only messages more urgent than `level` (1: only KERN_EMERG; 7: all but debug) reach the consoles. A panic
// is always shown: the kernel raises the level itself. Errors: System.
Result<void> set_console_log_level(int level);

}  // namespace ck::sys
