// SPDX-License-Identifier: MIT
// The fixed part of a DHCPv4 message (RFC 2131 figure 1), shared by writer and parser.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ck::dhcp4 {

inline constexpr uint8_t kBootRequest = 1;
inline constexpr uint8_t kBootReply = 2;
inline constexpr uint8_t kHardwareEthernet = 1;
inline constexpr size_t kHardwareSize = 16;    // "chaddr"
inline constexpr size_t kServerNameSize = 64;  // "sname"
inline constexpr size_t kFileSize = 128;       // "file"
inline constexpr uint32_t kMagicCookie = 0x63825363;
inline constexpr uint16_t kIpv4AndUdpHeaders = 28;

}  // namespace ck::dhcp4
