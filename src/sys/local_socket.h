// SPDX-License-Identifier: MIT
// Unix sockets at a path (unix(7)). A path that is there already is replaced. All are non-blocking.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

// Whoever may write to the path, by `mode`, may send. Errors: System, OutOfRange when the path is too long.
Result<UniqueFd> bind_local_datagrams(const char* path, unsigned mode);
Result<UniqueFd> listen_local(const char* path, unsigned mode, int backlog);
// Errors: System (EAGAIN when nobody waits).
Result<UniqueFd> accept_local(int listener);

struct Datagram {
  Bytes bytes;          // inside the caller's buffer
  bool is_cut = false;  // it was longer than that
};
// Errors: System (EAGAIN when there is none).
Result<Datagram> receive_datagram(int fd, MutableBytes buffer);

}  // namespace ck::sys
