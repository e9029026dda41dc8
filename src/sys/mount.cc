// SPDX-License-Identifier: MIT
#include "sys/mount.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/errno.h"

namespace ck::sys {

Result<void> mount_file_system(const char* type, const char* target, Devices devices, const char* options) {
  unsigned long flags = MS_NOSUID | MS_NOEXEC | (devices == Devices::Refused ? MS_NODEV : 0ul);
  if (::mount(type, target, type, flags, options) != 0 && errno != EBUSY) return last_error("mount");
  return {};
}

Result<void> make_read_only(const char* target) {
  if (::mount(nullptr, target, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) return last_error("remount");
  return {};
}

Result<void> change_owner(const char* path, uint32_t uid, uint32_t gid) {
  if (::chown(path, uid, gid) != 0) return last_error("chown");
  return {};
}

Result<void> change_mode(const char* path, uint32_t mode) {
  if (::chmod(path, mode) != 0) return last_error("chmod");
  return {};
}

bool exists(const char* path) { return ::access(path, F_OK) == 0; }

}  // namespace ck::sys
