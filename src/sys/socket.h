// SPDX-License-Identifier: MIT
// Internet socket addresses as values, and what TCP and UDP sockets share. An IPv4 address that comes out of a
// dual-stack socket as ::ffff:a.b.c.d is handed on as IPv4.
#pragma once

#include "base/addresses.h"
#include "base/result.h"
#include "sys/unique_fd.h"

struct sockaddr_storage;

namespace ck::sys {

struct SocketAddress {
  IpAddress address;
  uint16_t port = 0;
  uint32_t scope = 0;  // interface index; needed for link-local IPv6 addresses
};

// Fills `storage` and returns the length that belongs to it.
unsigned to_sockaddr(const SocketAddress& address, sockaddr_storage& storage);
// Nothing useful (0.0.0.0:0) for another family.
SocketAddress from_sockaddr(const sockaddr_storage& storage);

// The address that the kernel chose for our end. Errors: System.
Result<SocketAddress> local_address(int fd);

// Never raise SIGPIPE. EAGAIN when nothing can be moved now; receive_some() gives 0 at the end. Errors: System.
Result<size_t> receive_some(int fd, MutableBytes buffer);
Result<size_t> send_some(int fd, Bytes bytes);

}  // namespace ck::sys
