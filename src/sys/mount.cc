// SPDX-License-Identifier: MIT
#include "sys/mount.h"

#include <sched.h>
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

Result<void> own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) return last_error("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return last_error("make mounts private");
  return {};
}

Result<void> mount_volume(const char* device, const char* type, const char* target) {
  if (::mount(device, target, type, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return last_error("mount");
  return {};
}

Result<void> unmount(const char* target) {
  if (::umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return last_error("umount");
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
