// SPDX-License-Identifier: MIT
// `ip=` of the kernel command line as dracut reads it (dracut.cmdline(7)), which installers and hypervisors' tools
// write:
//
//   ip=METHOD
//   ip=INTERFACE:METHOD[:[MTU][:MAC]]
//   ip=CLIENT:[PEER]:[GATEWAY]:NETMASK|LENGTH:[HOSTNAME]:[INTERFACE]:METHOD[:[MTU][:MAC] | :[DNS1][:DNS2]]
//
// METHOD is none or off (the address alone), dhcp, on or any, dhcp6, auto6, or single words of these families that mean
// nothing more here (either6, link6, single-dhcp). IPv6 addresses stand in brackets.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/addresses.h"

namespace ck::config {

enum class IpMethod : uint8_t { None, Dhcp4, Dhcp6, RouterAdvertisements };

struct DracutIp {
  std::string_view interface;  // empty: the first
  IpMethod method = IpMethod::Dhcp4;
  std::optional<IpPrefix> address;
  std::optional<IpAddress> gateway;
  std::string_view hostname;
  uint32_t mtu = 0;  // 0: as it is
  std::optional<MacAddress> mac;
  FixedVector<IpAddress, 2> dns;
};

// The views are of `value`. The complaint is static.
std::expected<DracutIp, std::string_view> parse_dracut_ip(std::string_view value);

}  // namespace ck::config
