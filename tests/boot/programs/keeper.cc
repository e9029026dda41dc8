// SPDX-License-Identifier: MIT
// A service with files: it listens on TCP 443, a port that takes a right, and tells each client what it was given to
// read, whether it may execute or change that, and how many bytes fit where it may write.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "listener.h"

namespace {

std::string content(const char* path) {
  char buffer[256];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? 0 : read(fd, buffer, sizeof buffer);
  if (fd >= 0) close(fd);
  return std::string(buffer, size > 0 ? static_cast<size_t>(size) : 0);
}

unsigned long fill(const std::string& folder) {
  static char block[4096];
  unsigned long count = 0;
  const int fd = open((folder + "/filling").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  for (ssize_t done; count < 64 * 1024 * 1024 && (done = write(fd, block, sizeof block)) > 0;)
    count += static_cast<unsigned long>(done);
  return count;
}

}  // namespace

int main() {
  const int listener = listen_for_clients(443);
  if (listener < 0) return 1;
  const char* folder = getenv("TMPDIR");
  const bool executable = access("/service/files/tool", X_OK) == 0 && access("/service/files/deep/er/motd", X_OK) != 0;
  const bool writable = open("/service/files/tool", O_WRONLY | O_CLOEXEC) >= 0 ||
                        open("/service/files/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
  std::string report = content("/service/files/deep/er/motd");
  report += " executable=" + std::to_string(executable) + " writable=" + std::to_string(writable);
  report += " bytes=" + std::to_string(folder ? fill(folder) : 0) + " folder=" + (folder ? folder : "") + "\n";
  report_for_ever(listener, report);
}
