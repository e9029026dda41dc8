// SPDX-License-Identifier: MIT
#include "sys/local_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <string_view>

#include "sys/errno.h"

namespace ck::sys {

Result<UniqueFd> connect_local(const char* path) {
  std::string_view name(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path)) return fail(Code::OutOfRange, "path of a socket");
  name.copy(address.sun_path, name.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return last_error("socket");
  if (retry([&] { return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)); }) != 0)
    return last_error("connect");
  return fd;
}

}  // namespace ck::sys
