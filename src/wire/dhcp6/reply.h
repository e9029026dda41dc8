// SPDX-License-Identifier: MIT
// What a DHCPv6 server sends, parsed (RFC 9915 sections 8 and 21): Advertise, Reply and Reconfigure, with the options
// that the client knows.
// Options are read by a table of their lengths, and those inside another one never leave it. A bad option is left out
// and counted by what is wrong with it, the rest of the message stands; so what is let through is fit to be used. A
// message without its four fixed bytes, or of a type that servers do not send to clients, is dropped with the reason.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "wire/dhcp6/options.h"

namespace ck::dhcp6 {

// Longest message that we take.
inline constexpr size_t kMaxReply = 4096;

struct Status {
  StatusCode code = StatusCode::Success;
  FixedString<80> message;  // may hold any bytes
};

// Of IAADDR. preferred_seconds <= valid_seconds; valid_seconds of 0 takes the address back.
struct GivenAddress {
  Ipv6Address address;  // fit for a host: neither link-local nor multicast, loopback or unspecified
  uint32_t preferred_seconds = 0;
  uint32_t valid_seconds = 0;
  friend bool operator==(const GivenAddress&, const GivenAddress&) = default;
};

// Of IA_NA. T1 <= T2 where neither is 0.
struct Association {
  uint32_t iaid = 0;
  uint32_t t1_seconds = 0;
  uint32_t t2_seconds = 0;
  FixedVector<GivenAddress, kMaxAddresses> addresses;
  std::optional<Status> status;
};

// RFC 9915 20.4: the option of protocol 3, algorithm 1, replay detection by a counter.
struct Authentication {
  enum class Kind : uint8_t { Key = 1, Digest = 2 };
  Kind kind = Kind::Key;
  uint64_t replay_counter = 0;
  std::array<uint8_t, kKeySize> value{};
  size_t value_position = 0;  // in the message: there the digest is made over zeros
};

// What is wrong with an option that was left out.
enum class OptionFault : uint8_t {
  Truncated,    // runs past the end of the message or of the option around it
  Length,       // not of the length that its definition says
  Value,        // a value that must not be, or that we cannot use
  Times,        // T1 beyond T2 (21.4), preferred beyond valid lifetime (21.6)
  Repeated,     // may stand once only; the first counts
  TooMany,      // beyond what there is room for
  Unsupported,  // known, but of a kind that we do not speak (another authentication)
};
inline constexpr size_t kOptionFaults = 7;
std::string_view name_of(OptionFault fault);

struct FaultCounts {
  std::array<uint32_t, kOptionFaults> counts{};
  void add(OptionFault fault) { ++counts[static_cast<size_t>(fault)]; }
  uint32_t of(OptionFault fault) const { return counts[static_cast<size_t>(fault)]; }
  uint32_t total() const {
    uint32_t sum = 0;
    for (uint32_t count : counts) sum += count;
    return sum;
  }
};

struct Reply {
  MessageType type = MessageType::Reply;  // Advertise, Reply or Reconfigure
  uint32_t transaction = 0;
  std::optional<Duid> client;
  std::optional<Duid> server;
  FixedVector<Association, kMaxAssociations> associations;  // each IAID once
  std::optional<uint8_t> preference;
  std::optional<Status> status;
  bool rapid_commit = false;
  std::optional<Authentication> authentication;
  std::optional<MessageType> reconfigure;  // what a Reconfigure calls for: Renew, Rebind or InformationRequest
  ServerList dns;
  SearchList search;
  ServerList sntp;
  ServerList ntp;  // addresses of option 56; its names are passed over
  std::optional<uint32_t> refresh_seconds;
  std::optional<uint32_t> solicit_max_rt;      // seconds, 60 to 86400
  std::optional<uint32_t> information_max_rt;  // seconds, 60 to 86400
  FaultCounts faults;
  Bytes message;  // all of it, for the digest: points into what was parsed

  const Association* association(uint32_t iaid) const {
    for (const Association& one : associations)
      if (one.iaid == iaid) return &one;
    return nullptr;
  }
};

enum class Drop : uint8_t {
  Short,          // shorter than the fixed part
  Long,           // longer than kMaxReply
  NotFromServer,  // a type that only clients or relays send, or an unknown one
};
std::string_view name_of(Drop drop);

// `message` must outlive the reply.
std::expected<Reply, Drop> parse_reply(Bytes message);

}  // namespace ck::dhcp6
