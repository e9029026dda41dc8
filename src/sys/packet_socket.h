// SPDX-License-Identifier: MIT
// A packet socket on one link for the DHCP client: IPv4 packets without their link-layer header, in only those that are
// UDP to port 68 (filtered in the kernel, before the socket is bound, so nothing else ever enters), out by broadcast.
// And one IPv6 packet out to all routers.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

struct Packet {
  Bytes bytes;                       // starts with the IPv4 header
  bool checksum_unfinished = false;  // handed over by a virtual machine's host before its checksum was made
};

class PacketSocket {
 public:
  // Non-blocking. Errors: System.
  static Result<PacketSocket> create_for_dhcp(uint32_t link);

  // To everybody on the link. Errors: System.
  Result<void> broadcast(Bytes packet);
  // Errors: System (EAGAIN when there is none; ENETDOWN when the link went down), OutOfRange when it did not fit.
  Result<Packet> receive(MutableBytes buffer);

  int fd() const { return fd_.get(); }

 private:
  PacketSocket(UniqueFd fd, uint32_t link) : fd_(std::move(fd)), link_(link) {}
  UniqueFd fd_;
  uint32_t link_;
};

// Sends one IPv6 packet to the link's routers (33:33:00:00:00:02). `socket` is what it goes out by, opened with the
// first packet; it hears nothing, and is to be closed when there is time: that takes some 10 ms. Errors: System.
Result<void> send_to_routers(UniqueFd& socket, uint32_t link, Bytes packet);

}  // namespace ck::sys
