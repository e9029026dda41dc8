// SPDX-License-Identifier: MIT
// What the services of the boot tests have in common: each listens on TCP 1688, or another port, of both families.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

// A descriptor, or -1.
inline int listen_for_clients(unsigned short port = 1688) {
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 16) != 0) return -1;
  return fd;
}

// Each client gets the report and then the end.
[[noreturn]] inline void report_for_ever(int listener, std::string_view report) {
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    if (write(client, report.data(), report.size()) < 0) _exit(4);
    close(client);
  }
}
