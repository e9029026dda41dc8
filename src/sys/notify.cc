// SPDX-License-Identifier: MIT
#include "sys/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>

#include "sys/errno.h"
#include "sys/unique_fd.h"

namespace ck::sys {

Result<void> notify(std::string_view message) {
  const char* path = ::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return {};
  std::string_view name(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof(address.sun_path)) return fail(Code::OutOfRange, "NOTIFY_SOCKET");
  name.copy(address.sun_path, name.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return last_error("socket");
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<sockaddr*>(&address), length) < 0)
    return last_error("notify");
  return {};
}

}  // namespace ck::sys
