// SPDX-License-Identifier: MIT
#include "sys/kmsg.h"

#include <sys/klog.h>

#include "sys/errno.h"

namespace ck::sys {

namespace {
constexpr int kSetConsoleLevel = 8;  // SYSLOG_ACTION_CONSOLE_LEVEL, syslog(2)
}

Result<void> set_console_log_level(int level) {
  if (::klogctl(kSetConsoleLevel, nullptr, level) != 0) return last_error("klogctl");
  return {};
}

}  // namespace ck::sys
