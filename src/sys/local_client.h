// SPDX-License-Identifier: MIT
// The asking side of a Unix stream socket in the file system.
#pragma once

#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

// Connects at once or not at all, as such sockets do; non-blocking and close-on-exec. Errors: System (ENOENT or
// ECONNREFUSED when nobody listens, EAGAIN when its queue is full), OutOfRange for a path that is too long.
Result<UniqueFd> connect_local(const char* path);

}  // namespace ck::sys
