// SPDX-License-Identifier: MIT
// A service of a user's own, as small as one gets: it listens on TCP 1688 of both families and sends back what it
// receives, after the words that it was started with. It says READY=1 as sd_notify does.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "listener.h"

namespace {

void notify_ready() {
  const char* path = getenv("NOTIFY_SOCKET");
  if (!path) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sendto(fd, "READY=1", 7, 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
  close(fd);
}

}  // namespace

int main(int count, char** arguments) {
  const int listener = listen_for_clients();
  if (listener < 0) return 1;
  notify_ready();
  std::string greeting = std::to_string(getuid());
  for (int at = 1; at < count; ++at) greeting += std::string(" ") + arguments[at];
  greeting += "\n";
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    if (write(client, greeting.data(), greeting.size()) < 0) {
      close(client);
      continue;
    }
    char buffer[512];
    for (ssize_t got; (got = read(client, buffer, sizeof buffer)) > 0;) {
      if (write(client, buffer, static_cast<size_t>(got)) != got) break;
    }
    close(client);
  }
}
