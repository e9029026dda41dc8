// SPDX-License-Identifier: MIT
// A service that takes all that it gets: files and bytes in its state folder, processes; and asks init to power the
// machine off, as itself and as a child of its own that has died. Then it tells each client on
// TCP 1688 how much that was, what refused more, and how many bytes are left where the other programs' folders are.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "listener.h"

namespace {

std::string told(const char* what, unsigned long count) {
  return std::string(what) + "=" + std::to_string(count) + " " + what + "-errno=" + std::to_string(errno) + " ";
}

std::string take_files(const std::string& folder) {
  unsigned long count = 0;
  for (;; ++count) {
    const int fd = open((folder + "/file-" + std::to_string(count)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || count == 4096) break;
    close(fd);
  }
  return told("files", count);
}

std::string take_bytes(const std::string& folder) {
  static char block[4096];
  unsigned long count = 0;
  const int fd = open((folder + "/file-0").c_str(), O_WRONLY | O_CLOEXEC);
  while (count < 16 * 1024 * 1024) {
    const ssize_t done = write(fd, block, sizeof block);
    if (done <= 0) break;
    count += static_cast<unsigned long>(done);
  }
  const std::string text = told("bytes", count);
  close(fd);
  return text;
}

std::string take_processes() {
  unsigned long count = 0;
  while (count < 1024) {
    const pid_t child = fork();
    if (child == 0)
      for (;;) pause();
    if (child < 0) break;
    ++count;
  }
  return told("processes", count);
}

// Returns how many of the requests init's socket took.
unsigned long ask_for_the_end(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  unsigned long taken = 0;
  for (const char* text : {"X_POWER=off", "X_POWER=restart", "STATUS=x\nX_POWER=off"}) {
    const auto* name = reinterpret_cast<sockaddr*>(&address);
    if (sendto(fd, text, strlen(text), 0, name, sizeof address) > 0) ++taken;
    if (fork() == 0) _exit(sendto(fd, text, strlen(text), 0, name, sizeof address) > 0 ? 0 : 1);
    int status = 0;
    if (wait(&status) > 0 && status == 0) ++taken;
  }
  close(fd);
  return taken;
}

}  // namespace

int main() {
  const int listener = listen_for_clients();
  if (listener < 0) return 1;
  const char* run = getenv("COREKMS_RUN");
  if (!run) return 2;
  const std::string folder = std::string(run) + "/service";
  const char* notify = getenv("NOTIFY_SOCKET");
  const unsigned long asked = notify ? ask_for_the_end(notify) : 0;
  std::string report = take_files(folder) + take_bytes(folder) + take_processes();
  struct statvfs others{};
  if (statvfs(run, &others) != 0) return 3;
  report += "asked=" + std::to_string(asked) + " left=" + std::to_string(others.f_bavail * others.f_frsize) +
            " left-files=" + std::to_string(others.f_ffree) + "\n";
  report_for_ever(listener, report);
}
