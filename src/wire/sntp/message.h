// SPDX-License-Identifier: MIT
// The message of SNTP: a client's question is written, a server's answer is read (RFC 5905 7.3, RFC 4330 4). 48 bytes
// with nothing behind: extension fields and signatures come only to who asked for them, and we do not.
// A timestamp has 32 bits of seconds, which wrap first on 2036-02-07 (RFC 5905 6): which era is meant is settled by a
// pivot, the moment that the result is to be nearest to. No clock is read here.
#pragma once

#include <array>
#include <expected>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed.h"
#include "base/utc.h"

namespace ck::sntp {

inline constexpr uint16_t kPort = 123;
inline constexpr size_t kMessageSize = 48;
inline constexpr uint8_t kVersion = 4;
inline constexpr uint8_t kLeapUnknown = 3;      // the server is not synchronised itself
inline constexpr uint8_t kStratumKiss = 0;      // the reference identifier is a kiss code (RFC 5905 7.4)
inline constexpr uint8_t kStratumUnknown = 16;  // MAXSTRAT

// As on the wire: 32 bits of seconds since 1900 in some era, 32 of fraction. 0: not known.
using Timestamp = uint64_t;

// The moment nearest to `pivot` (within 68 years of it) that the timestamp may mean.
Micros to_utc(Timestamp timestamp, Micros pivot);
Timestamp to_timestamp(Micros utc);

struct Message {
  uint8_t leap = 0;  // 0..3
  uint8_t version = kVersion;
  uint8_t stratum = 0;
  Micros root_delay{};       // from the server to the clock that it follows and back
  Micros root_dispersion{};  // what the server takes to be its greatest error
  uint32_t reference = 0;    // IPv4 address, letters, or a kiss code
  Timestamp origin = 0;      // our transmit timestamp
  Timestamp receive = 0;     // when the question came
  Timestamp transmit = 0;    // when the answer went
};

enum class Drop : uint8_t {
  Length,      // not 48 bytes
  NotAServer,  // another mode than 4
  Version,     // neither 3 nor 4; a server repeats ours, and some know no newer than 3
};
std::string_view text_of(Drop reason);

// A question that tells nothing of us (draft-ietf-ntp-data-minimization): all is zero but version, mode and transmit
// timestamp, and that is a random number, which the answer has to repeat.
std::array<uint8_t, kMessageSize> build_question(Timestamp nonce);

std::expected<Message, Drop> parse_answer(Bytes message);

// The reference identifier as letters, as far as they are printable: "RATE".
FixedString<4> letters_of(uint32_t reference);

}  // namespace ck::sntp
