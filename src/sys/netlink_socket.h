// SPDX-License-Identifier: MIT
// An rtnetlink socket: datagrams of netlink messages in and out. What they mean is wire/netlink's business.
// One that monitors gets the multicast groups that it asks for and dumps; one for changes sends a request and reads
// the kernel's answer to it, which is there as soon as the request was sent.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

class NetlinkSocket {
 public:
  // `groups` is the bit mask of sockaddr_nl. Non-blocking. Errors: System.
  static Result<NetlinkSocket> create(uint32_t groups);

  Result<void> send(Bytes message);
  // One datagram from the kernel, inside `buffer`; datagrams from others are passed over.
  // Errors: System (EAGAIN when there is none), Closed when notifications were lost (ENOBUFS) or one was cut off: all
  // that was learnt must be read anew.
  Result<Bytes> receive(MutableBytes buffer);

  int fd() const { return fd_.get(); }

 private:
  explicit NetlinkSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ck::sys
