// SPDX-License-Identifier: MIT
// A UDP socket that only sends: from a local IPv4 address and port, to one peer, out of one link. Unicast through it
// goes by the routing and neighbour tables, which a packet socket would have to do by hand. What comes back is dropped
// in the kernel (the packet socket hears it), but the port is held, so that the peer gets no ICMP error.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

struct UdpEndpoint {
  Ipv4Address address;
  uint16_t port = 0;
};

class UdpSender {
 public:
  // Errors: System (EADDRNOTAVAIL when the address is not there).
  static Result<UdpSender> create(std::string_view link_name, UdpEndpoint local);
  // Errors: System (ENETUNREACH, EHOSTUNREACH...).
  Result<void> send(Bytes payload, UdpEndpoint peer);

 private:
  explicit UdpSender(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ck::sys
