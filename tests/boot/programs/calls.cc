// SPDX-License-Identifier: MIT
// A service that says which system calls the kernel knows: whoever connects to TCP 1688 gets a line `NAME=1` or
// `NAME=0` for each of them, and then the end. They are called with arguments that none of them does anything with.
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "listener.h"

namespace {

struct Call {
  const char* name;
  long number;
};

#define CALL(name) {#name, SYS_##name}
constexpr Call kCalls[] = {
    // What servers make.
    CALL(read), CALL(writev), CALL(pread64), CALL(pwrite64), CALL(sendfile), CALL(splice), CALL(recvmmsg),
    CALL(sendmmsg), CALL(accept4), CALL(epoll_create1), CALL(epoll_pwait2), CALL(eventfd2), CALL(timerfd_create),
    CALL(signalfd4), CALL(inotify_init1), CALL(memfd_create), CALL(openat), CALL(openat2), CALL(statx),
    CALL(getdents64), CALL(renameat2), CALL(flock), CALL(fsync), CALL(ftruncate), CALL(madvise), CALL(mremap),
    CALL(prlimit64), CALL(prctl), CALL(seccomp), CALL(sched_getaffinity), CALL(clone3), CALL(pidfd_open), CALL(waitid),
    CALL(getrandom), CALL(rt_sigtimedwait), CALL(sigaltstack), CALL(setitimer), CALL(clock_nanosleep),
    // What the micro profile does without (docs/platforms/micro.md).
    CALL(ptrace), CALL(mlock), CALL(setxattr), CALL(fallocate), CALL(copy_file_range), CALL(preadv), CALL(pwritev),
    CALL(timer_create), CALL(setns), CALL(fsopen)};

}  // namespace

int main() {
  const int listener = listen_for_clients();
  if (listener < 0) return 1;
  std::string report;
  for (const Call& call : kCalls) {
    const bool known = syscall(call.number, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS;
    report += std::string(call.name) + (known ? "=1\n" : "=0\n");
  }
  report_for_ever(listener, report);
}
