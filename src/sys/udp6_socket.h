// SPDX-License-Identifier: MIT
// The UDP socket of a DHCPv6 client on one link: port 546 on all of the link's addresses, out to all DHCP servers and
// relays (ff02::1:2, port 547). Multicast is not heard, whatever the host has joined, since servers answer clients by
// unicast only. Nothing here waits for the link's own address: while there is none yet, sending says so.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

struct Datagram6 {
  Bytes bytes;
  Ipv6Address from;
};

class Udp6Socket {
 public:
  // Non-blocking; `link` and `link_name` are the same link. Errors: System.
  static Result<Udp6Socket> create_for_dhcp(uint32_t link, std::string_view link_name);

  // Errors: System; has_no_address() tells the one that passes by itself.
  Result<void> send_to_servers(Bytes message);
  // Errors: System (EAGAIN when there is none), OutOfRange when it did not fit.
  Result<Datagram6> receive(MutableBytes buffer);

  int fd() const { return fd_.get(); }

 private:
  Udp6Socket(UniqueFd fd, uint32_t link) : fd_(std::move(fd)), link_(link) {}
  UniqueFd fd_;
  uint32_t link_;
};

// The link has no link-local address that may be used yet: it is being checked for duplicates.
inline bool has_no_address(const Error& error) { return error.sys_errno == EADDRNOTAVAIL; }

}  // namespace ck::sys
