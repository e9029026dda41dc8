// SPDX-License-Identifier: MIT
#include "wire/dhcp6/duid.h"

namespace ck::dhcp6 {

namespace {

constexpr uint16_t kTypeLinkLayer = 3;
constexpr uint16_t kTypeUuid = 4;
constexpr uint16_t kHardwareEthernet = 1;

void append(Duid& duid, uint16_t value) {
  (void)duid.push_back(static_cast<uint8_t>(value >> 8));
  (void)duid.push_back(static_cast<uint8_t>(value));
}

}  // namespace

Duid duid_of(const std::array<uint8_t, 16>& uuid) {
  Duid duid;
  append(duid, kTypeUuid);
  for (uint8_t byte : uuid) (void)duid.push_back(byte);
  return duid;
}

Duid duid_of(const MacAddress& mac) {
  Duid duid;
  append(duid, kTypeLinkLayer);
  append(duid, kHardwareEthernet);
  for (uint8_t byte : mac.octets) (void)duid.push_back(byte);
  return duid;
}

uint32_t iaid_of(const MacAddress& mac) {
  uint32_t iaid = 0;
  for (size_t i = 2; i < mac.octets.size(); ++i) iaid = iaid << 8 | mac.octets[i];
  return iaid;
}

}  // namespace ck::dhcp6
