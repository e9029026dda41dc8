// SPDX-License-Identifier: MIT
#include "sys/notify_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "sys/errno.h"

namespace ck::sys {

Result<NotifySocket> NotifySocket::create(const char* path) {
  std::string_view name(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path)) return fail(Code::OutOfRange, "path of the notify socket");
  name.copy(address.sun_path, name.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return last_error("socket");
  int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0) return last_error("SO_PASSCRED");
  (void)::unlink(path);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return last_error("bind");
  if (::chmod(path, 0666) != 0) return last_error("chmod");
  return NotifySocket(std::move(fd));
}

std::optional<Notification> NotifySocket::receive(std::span<char> buffer) {
  for (;;) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    // Descriptors that a sender passes along do not fit into `control`: the kernel discards them.
    ssize_t count = retry([&] { return ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC); });
    if (count < 0) return std::nullopt;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) continue;
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(header), sizeof(sender));
      return Notification{sender.pid, sender.uid, std::string_view(buffer.data(), static_cast<size_t>(count))};
    }
  }
}

}  // namespace ck::sys
