// SPDX-License-Identifier: MIT
#include "sys/local_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "sys/errno.h"

namespace ck::sys {

namespace {

Result<UniqueFd> bind_at(const char* path, unsigned mode, int type) {
  std::string_view name(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path)) return fail(Code::OutOfRange, "path of a socket");
  name.copy(address.sun_path, name.size());
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return last_error("socket");
  (void)::unlink(path);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return last_error("bind");
  if (::chmod(path, mode) != 0) return last_error("chmod");
  return fd;
}

}  // namespace

Result<UniqueFd> bind_local_datagrams(const char* path, unsigned mode) { return bind_at(path, mode, SOCK_DGRAM); }

Result<UniqueFd> listen_local(const char* path, unsigned mode, int backlog) {
  UniqueFd fd = CK_TRY(bind_at(path, mode, SOCK_STREAM));
  if (::listen(fd.get(), backlog) != 0) return last_error("listen");
  return fd;
}

Result<UniqueFd> accept_local(int listener) {
  int fd = retry([&] { return ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); });
  if (fd < 0) return last_error("accept");
  return UniqueFd(fd);
}

Result<Datagram> receive_datagram(int fd, MutableBytes buffer) {
  // With MSG_TRUNC it says how long the datagram was.
  ssize_t count = retry([&] { return ::recv(fd, buffer.data(), buffer.size(), MSG_TRUNC); });
  if (count < 0) return last_error("receive");
  auto size = static_cast<size_t>(count);
  return Datagram{.bytes = Bytes(buffer).first(std::min(size, buffer.size())), .is_cut = size > buffer.size()};
}

}  // namespace ck::sys
