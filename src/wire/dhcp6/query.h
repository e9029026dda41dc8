// SPDX-License-Identifier: MIT
// What a DHCPv6 client sends: the fields that differ between its messages, and how they are put on the wire (RFC 9915
// sections 8 and 18.2). Which options are requested of the server depends on the message alone and is added here.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/dhcp6/options.h"

namespace ck::dhcp6 {

// Fits the least MTU of IPv6 with its headers (1280 - 40 - 8).
inline constexpr size_t kMaxQuery = 1232;

enum class RapidCommit : uint8_t { No, Yes };
enum class Reconfigure : uint8_t { Refuse, Accept };

struct Query {
  MessageType type = MessageType::Solicit;
  uint32_t transaction = 0;  // 24 bits
  uint16_t elapsed = 0;      // hundredths of a second since the exchange began; 0xffff: or longer
  Duid client;
  std::optional<Duid> server;    // where only that server is to answer
  std::optional<uint32_t> iaid;  // an IA_NA with `addresses` in it; none in an Information-request
  AddressList addresses;
  RapidCommit rapid_commit = RapidCommit::No;
  Reconfigure reconfigure = Reconfigure::Refuse;
};

// Errors: OutOfRange when the buffer is too small (kMaxQuery is always enough).
Result<Bytes> write_query(const Query& query, MutableBytes buffer);

}  // namespace ck::dhcp6
