// SPDX-License-Identifier: MIT
// A packet socket for address conflict detection on one link: ARP packets without their Ethernet header, out by
// broadcast; in only those that could be a conflict for the guarded address (filtered in the kernel, so that a busy
// segment's ARP never wakes the program). Before the first guard() nothing enters.
#pragma once

#include <cstdint>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

class ArpSocket {
 public:
  // Non-blocking. Errors: System.
  static Result<ArpSocket> create(uint32_t link);

  // From now on packets enter whose sender address is `address`, or that probe for it, from another than `own`.
  // What entered for an earlier address is thrown away.
  // Errors: System.
  Result<void> guard(Ipv4Address address, const MacAddress& own);
  // To everybody on the link. Errors: System.
  Result<void> send(Bytes packet);
  // Errors: System (EAGAIN when there is none).
  Result<Bytes> receive(MutableBytes buffer);

  int fd() const { return fd_.get(); }

 private:
  ArpSocket(UniqueFd fd, uint32_t link) : fd_(std::move(fd)), link_(link) {}
  UniqueFd fd_;
  uint32_t link_;
};

}  // namespace ck::sys
