// SPDX-License-Identifier: MIT
#include "wire/sntp/message.h"

namespace ck::sntp {

namespace {

constexpr int64_t kUnixEpoch = 2'208'988'800;  // seconds from 1900 to 1970 (RFC 868)
constexpr uint8_t kModeClient = 3;
constexpr uint8_t kModeServer = 4;
constexpr size_t kTransmitAt = 40;

// NTP's short format: seconds in 16.16 bits.
Micros from_short(uint32_t value) { return Micros((static_cast<int64_t>(value) * 1'000'000) >> 16); }

// Seconds since 1970, rounded down.
int64_t seconds_of(Micros utc) {
  int64_t seconds = utc.count() / 1'000'000;
  return utc.count() % 1'000'000 < 0 ? seconds - 1 : seconds;
}

}  // namespace

Micros to_utc(Timestamp timestamp, Micros pivot) {
  int64_t middle = seconds_of(pivot) + kUnixEpoch;
  // The distance to the pivot within an era, as a signed number, is the shortest.
  auto distance = static_cast<int32_t>(static_cast<uint32_t>(timestamp >> 32) - static_cast<uint32_t>(middle));
  int64_t fraction = static_cast<int64_t>(((timestamp & 0xffff'ffff) * 1'000'000) >> 32);
  return Micros((middle + distance - kUnixEpoch) * 1'000'000 + fraction);
}

Timestamp to_timestamp(Micros utc) {
  int64_t seconds = seconds_of(utc);
  auto micros = static_cast<uint64_t>(utc.count() - seconds * 1'000'000);
  // Rounded up, so that to_utc() gives the same microsecond back.
  uint64_t fraction = ((micros << 32) + 999'999) / 1'000'000;
  return static_cast<uint64_t>(seconds + kUnixEpoch) << 32 | fraction;
}

std::string_view text_of(Drop reason) {
  switch (reason) {
    case Drop::Length: return "not 48 bytes";
    case Drop::NotAServer: return "not a server's answer";
    case Drop::Version: return "another version";
  }
  return "";
}

std::array<uint8_t, kMessageSize> build_question(Timestamp nonce) {
  std::array<uint8_t, kMessageSize> message{};
  message[0] = kVersion << 3 | kModeClient;
  ByteWriter(MutableBytes(message).subspan(kTransmitAt)).u64(nonce);
  return message;
}

std::expected<Message, Drop> parse_answer(Bytes bytes) {
  if (bytes.size() != kMessageSize) return std::unexpected(Drop::Length);
  ByteReader reader(bytes);
  uint8_t first = *reader.u8();
  Message message{.leap = static_cast<uint8_t>(first >> 6), .version = static_cast<uint8_t>(first >> 3 & 7)};
  if ((first & 7) != kModeServer) return std::unexpected(Drop::NotAServer);
  if (message.version != 3 && message.version != kVersion) return std::unexpected(Drop::Version);
  message.stratum = *reader.u8();
  (void)reader.skip(2);  // its poll interval and precision: of no use to a client
  message.root_delay = from_short(*reader.u32());
  message.root_dispersion = from_short(*reader.u32());
  message.reference = *reader.u32();
  (void)reader.skip(8);  // when its clock was last set
  message.origin = *reader.u64();
  message.receive = *reader.u64();
  message.transmit = *reader.u64();
  return message;
}

FixedString<4> letters_of(uint32_t reference) {
  FixedString<4> letters;
  for (int shift = 24; shift >= 0; shift -= 8) {
    auto character = static_cast<char>(reference >> shift & 0xff);
    if (character > ' ' && character < 0x7f) letters.append(character);
  }
  return letters;
}

}  // namespace ck::sntp
