// SPDX-License-Identifier: MIT
#include "sys/publish.h"

#include <sys/inotify.h>

#include <cstdlib>

#include "sys/errno.h"
#include "sys/file.h"

namespace ck::sys {

RunPath run_path(std::string_view program, std::string_view file) {
  const char* root = ::getenv("COREKMS_RUN");
  RunPath path(root != nullptr ? root : "/run/corekms");
  path.append('/');
  path.append(program);
  if (!file.empty()) path.append('/');
  path.append(file);
  path.append('\0');
  return path;
}

Result<void> publish(std::string_view program, std::string_view file, std::string_view text, unsigned mode) {
  return replace_file(run_path(program, file).view().data(), text, mode);
}

Result<std::string_view> read_published(std::string_view program, std::string_view file, std::span<char> buffer) {
  return read_regular_file(run_path(program, file).view().data(), buffer);
}

Result<void> PublishedWatch::start(EventLoop& loop, std::string_view program, std::function<void()> callback) {
  int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return last_error("inotify_init1");
  fd_ = UniqueFd(fd);
  if (::inotify_add_watch(fd, run_path(program, "").view().data(), IN_MOVED_TO | IN_ONLYDIR) < 0)
    return last_error("inotify_add_watch");
  callback_ = std::move(callback);
  return watch_.start(loop, fd_.get(), {.readable = true}, [this](Events) {
    alignas(inotify_event) uint8_t buffer[1024];
    while (read_some(fd_.get(), buffer).value_or(0) > 0) {
    }
    callback_();
  });
}

}  // namespace ck::sys
