// SPDX-License-Identifier: MIT
// The receiving side of sd_notify: a datagram socket at a path, which tells the pid and uid of each sender as
// the kernel knows them. Whose datagrams count is for the caller to decide.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

struct Notification {
  int32_t pid;
  uint32_t uid;
  std::string_view text;  // inside the caller's buffer
};

class NotifySocket {
 public:
  // Anyone may write to it. Errors: System, OutOfRange when the path is too long for a socket.
  static Result<NotifySocket> create(const char* path);
  int fd() const { return fd_.get(); }
  // The next datagram; nothing when there is none now. What does not fit is cut; what has no sender is dropped.
  std::optional<Notification> receive(std::span<char> buffer);

 private:
  explicit NotifySocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ck::sys
