// SPDX-License-Identifier: MIT
// The PROXY protocol's header (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2): who really is at the other end of a
// connection that a balancer hands on. Version 1 is a line of text, version 2 is binary; both are read, version 2 is
// written. parse() takes all bytes received so far and keeps nothing: it says that more are needed, or yields the
// header, or why the bytes can never become one. What it says for some bytes it also says for these with more behind
// them, so that the header may come a byte at a time. Extensions (TLVs) of version 2 are passed over unread. It does
// not judge whether the sender may speak so, nor whether the addresses may be.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/result.h"

namespace ck::proxy {

inline constexpr size_t kMaxLine = 107;    // section 2.1: the longest line, CR and LF included
inline constexpr size_t kMaxSize = 536;    // of a version 2 header: what any TCP segment can carry at once
inline constexpr size_t kMaxWritten = 52;  // version 2 over IPv6 without extensions

enum class Command : uint8_t {
  Local,    // the balancer's own connection, a health check: there is nobody behind it
  Proxied,  // on behalf of somebody
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct Endpoints {
  Endpoint source;
  Endpoint destination;
  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

struct Header {
  size_t size = 0;  // bytes; the connection's own follow
  Command command = Command::Proxied;
  // Absent: the connection's own addresses count (LOCAL, UNKNOWN, UNSPEC, or anything but TCP over IP).
  std::optional<Endpoints> endpoints;
  friend bool operator==(const Header&, const Header&) = default;
};

enum class Fault : uint8_t {
  NotProxy,         // neither version's beginning
  UnknownProtocol,  // version 1: not TCP4, TCP6 or UNKNOWN; version 2: a family or transport without meaning
  BadLine,          // version 1: CR or LF alone, or not the six fields
  BadAddress,       // version 1: not the text of an address of its family
  BadPort,          // version 1: not a number up to 65535, or with a zero in front
  Version,          // version 2's signature, another number
  UnknownCommand,   // version 2: neither LOCAL nor PROXY
  TooShort,         // version 2: shorter than the addresses of its family
  TooLong,          // no end of line within kMaxLine, or more than kMaxSize
};

std::string_view text_of(Fault fault);

// Nothing: a beginning so far, more is needed. Bytes behind the header are left alone.
std::expected<std::optional<Header>, Fault> parse(Bytes received);

// A version 2 header for TCP within `buffer` (kMaxWritten suffices). Errors: OutOfRange (the buffer), Unsupported (two
// families).
Result<Bytes> write_v2(const Endpoint& source, const Endpoint& destination, MutableBytes buffer);
// The same for a connection of our own (LOCAL): 16 bytes. Error: OutOfRange.
Result<Bytes> write_v2_local(MutableBytes buffer);

}  // namespace ck::proxy
