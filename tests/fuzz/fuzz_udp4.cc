// SPDX-License-Identifier: MIT
// IPv4 packets with UDP in them: views stay inside the packet, and what was let through can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "wire/ethernet/udp4.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;  // NOLINT: the fuzzer is about nothing else
  std::vector<uint8_t> packet(data, data + size);
  if (packet.size() >= 20) {  // a right header checksum, else nothing ever gets past it
    size_t header = (packet[0] & 0xfu) * 4u;
    if (header >= 20 && header <= packet.size()) {
      packet[10] = packet[11] = 0;
      uint16_t sum = ethernet::finish_checksum(ethernet::add_to_checksum(0, Bytes(packet).first(header)));
      packet[10] = static_cast<uint8_t>(sum >> 8);
      packet[11] = static_cast<uint8_t>(sum);
    }
  }
  for (auto checksum : {ethernet::UdpChecksum::Finished, ethernet::UdpChecksum::Unfinished}) {
    auto datagram = ethernet::parse_udp4(packet, checksum);
    if (!datagram) continue;
    uint64_t sum = 0;
    for (uint8_t byte : datagram->payload) sum += byte;  // the sanitizer watches
    std::vector<uint8_t> buffer(datagram->payload.size() + ethernet::kUdp4Headers);
    auto written = ethernet::write_udp4(*datagram, buffer);
    if (!written) std::abort();
    auto again = ethernet::parse_udp4(*written, ethernet::UdpChecksum::Finished);
    if (!again || again->source != datagram->source || again->payload.size() != datagram->payload.size()) std::abort();
    uint64_t sum_again = 0;
    for (uint8_t byte : again->payload) sum_again += byte;
    if (sum != sum_again) std::abort();
  }
  return 0;
}
