// SPDX-License-Identifier: MIT
// Reads PDUs from standard input, each as one byte for the direction (0: from the client), two for its length (little
// endian) and its bytes, and prints a line for each: what parse_header() makes of it. Ends with status 1 when the input
// is cut short.
//
//   accepted MINOR TYPE FLAGS little|big FRAGMENT-LENGTH CALL-ID
//   dropped VERDICT            as docs/gateway.md names it
#include <array>
#include <cstdio>

#include "engine/gateway/verdict.h"

int main() {
  using namespace ck::dcerpc;
  std::array<uint8_t, 3> head{};
  static std::array<uint8_t, 65536> pdu{};
  while (size_t got = std::fread(head.data(), 1, head.size(), stdin)) {
    size_t length = static_cast<size_t>(head[1] | head[2] << 8);
    if (got != head.size() || std::fread(pdu.data(), 1, length, stdin) != length) return 1;
    Direction direction = head[0] == 0 ? Direction::FromClient : Direction::FromServer;
    auto header = parse_header(ck::Bytes(pdu.data(), length), direction);
    if (header) {
      std::printf("accepted %d %d %d %s %d %u\n", header->minor_version, static_cast<int>(header->type), header->flags,
                  header->order == ck::ByteOrder::Little ? "little" : "big", header->fragment_length, header->call_id);
    } else {
      std::string_view reason = ck::gateway::name_of(ck::gateway::verdict_of(header.error()));
      std::printf("dropped %.*s\n", static_cast<int>(reason.size()), reason.data());
    }
  }
  return 0;
}
