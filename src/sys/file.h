// SPDX-License-Identifier: MIT
// Files: open, read and write whole small files, read and write descriptors. Interrupted calls are repeated.
// Nothing here allocates: callers bring the buffer, and a file larger than it is an error, not a cut.
#pragma once

#include <fcntl.h>

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "sys/unique_fd.h"

namespace ck::sys {

// O_CLOEXEC is always added. Errors: System.
Result<UniqueFd> open_file(const char* path, int flags, unsigned mode = 0);

// Up to buffer.size() bytes; 0 at the end of the file. Errors: System (EAGAIN on a non-blocking descriptor).
Result<size_t> read_some(int fd, MutableBytes buffer);
Result<size_t> write_some(int fd, Bytes bytes);
// Everything, or an error. For blocking descriptors and small writes.
Result<void> write_all(int fd, Bytes bytes);

// Waits until there is something to read, or the end of it; false when `patience` is over. Errors: System.
Result<bool> wait_readable(int fd, Duration patience);

// The whole file as text inside `buffer`. Errors: System, OutOfRange when the file is larger than the buffer.
Result<std::string_view> read_file(const char* path, std::span<char> buffer);
// The same, but of a path that another program can replace: a link, a FIFO or a device is refused, and nothing waits.
// Errors: as read_file, Denied.
Result<std::string_view> read_regular_file(const char* path, std::span<char> buffer);
// Fills `buffer` from this place of a file or block device on. Errors: System, OutOfRange when it ends before.
Result<void> read_at(int fd, uint64_t offset, MutableBytes buffer);
// Writes to an existing file such as a sysctl. Errors: System.
Result<void> write_file(const char* path, std::string_view text);
// Writes `path` whole: a temporary file beside it, then rename, so that a reader sees the old or the new text, never
// half.
Result<void> replace_file(const char* path, std::string_view text, unsigned mode = 0644);

Result<void> make_directory(const char* path, unsigned mode);
// A symbolic link at `path`. Errors: System.
Result<void> make_link(const char* target, const char* path);

}  // namespace ck::sys
