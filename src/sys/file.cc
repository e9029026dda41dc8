// SPDX-License-Identifier: MIT
#include "sys/file.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "sys/errno.h"

namespace ck::sys {

Result<UniqueFd> open_file(const char* path, int flags, unsigned mode) {
  int fd = retry([&] { return ::open(path, flags | O_CLOEXEC, mode); });
  if (fd < 0) return last_error("open");
  return UniqueFd(fd);
}

Result<size_t> read_some(int fd, MutableBytes buffer) {
  ssize_t count = retry([&] { return ::read(fd, buffer.data(), buffer.size()); });
  if (count < 0) return last_error("read");
  return static_cast<size_t>(count);
}

Result<size_t> write_some(int fd, Bytes bytes) {
  ssize_t count = retry([&] { return ::write(fd, bytes.data(), bytes.size()); });
  if (count < 0) return last_error("write");
  return static_cast<size_t>(count);
}

Result<void> write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) bytes = bytes.subspan(CK_TRY(write_some(fd, bytes)));
  return {};
}

Result<bool> wait_readable(int fd, Duration patience) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  int ready = retry([&] { return ::poll(&waiting, 1, static_cast<int>(patience.count())); });
  if (ready < 0) return last_error("poll");
  return ready > 0;
}

namespace {

Result<std::string_view> read_whole(int fd, std::span<char> buffer) {
  size_t size = 0;
  for (;;) {
    if (size == buffer.size()) return fail(Code::OutOfRange, "file larger than its buffer");
    auto target = buffer.subspan(size);
    size_t count = CK_TRY(read_some(fd, MutableBytes(reinterpret_cast<uint8_t*>(target.data()), target.size())));
    if (count == 0) return std::string_view(buffer.data(), size);
    size += count;
  }
}

}  // namespace

Result<std::string_view> read_file(const char* path, std::span<char> buffer) {
  auto fd = CK_TRY(open_file(path, O_RDONLY));
  return read_whole(fd.get(), buffer);
}

Result<std::string_view> read_regular_file(const char* path, std::span<char> buffer) {
  auto fd = CK_TRY(open_file(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return last_error("fstat");
  if (!S_ISREG(status.st_mode)) return fail(Code::Denied, "not a regular file");
  return read_whole(fd.get(), buffer);
}

Result<void> read_at(int fd, uint64_t offset, MutableBytes buffer) {
  while (!buffer.empty()) {
    auto count = retry([&] { return ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset)); });
    if (count < 0) return last_error("pread");
    if (count == 0) return fail(Code::OutOfRange, "it ends before");
    offset += static_cast<uint64_t>(count);
    buffer = buffer.subspan(static_cast<size_t>(count));
  }
  return {};
}

Result<void> write_file(const char* path, std::string_view text) {
  auto fd = CK_TRY(open_file(path, O_WRONLY));
  return write_all(fd.get(), as_bytes(text));
}

Result<void> replace_file(const char* path, std::string_view text, unsigned mode) {
  char buffer[256];
  TextWriter temporary(buffer);
  temporary.put(path).put(".new").put('\0');
  if (temporary.truncated()) return fail(Code::OutOfRange, "path too long");
  {
    auto fd = CK_TRY(open_file(buffer, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
    CK_TRY(write_all(fd.get(), as_bytes(text)));
  }
  if (::rename(buffer, path) != 0) return last_error("rename");
  return {};
}

Result<void> make_link(const char* target, const char* path) {
  if (::symlink(target, path) != 0) return last_error("symlink");
  return {};
}

Result<void> make_directory(const char* path, unsigned mode) {
  if (::mkdir(path, mode) != 0 && errno != EEXIST) return last_error("mkdir");
  return {};
}

}  // namespace ck::sys
