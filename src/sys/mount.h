// SPDX-License-Identifier: MIT
// Mounts, as PID 1 needs them, and what stands right behind them: directories, owners and modes of paths.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace ck::sys {

// Mounts a file system of the kernel's (proc, sysfs, devtmpfs, tmpfs) with nosuid and noexec. `options` as for mount
// -o, may be empty. That it is mounted there already is no error. Errors: System.
enum class Devices : uint8_t { Refused, Allowed };  // nodev or not
Result<void> mount_file_system(const char* type, const char* target, Devices devices, const char* options);

// From now on this process's mounts are its own: nobody else sees them, and they end with it. Errors: System.
Result<void> own_mounts();
// A volume on a block device: read-only, nosuid, nodev, noexec. Errors: System.
Result<void> mount_volume(const char* device, const char* type, const char* target);
Result<void> unmount(const char* target);

// Makes the mount at `target` read-only: this mount alone, not the file system below it, so it is safe in a private
// mount name space. Errors: System.
Result<void> make_read_only(const char* target);

Result<void> change_owner(const char* path, uint32_t uid, uint32_t gid);
Result<void> change_mode(const char* path, uint32_t mode);

bool exists(const char* path);

}  // namespace ck::sys
