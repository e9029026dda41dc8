// SPDX-License-Identifier: MIT
// The states of the DHCPv4 client (RFC 2131 figure 5), their names and the edges that are legal between them.
// Down stands beside the RFC's states: the link has no carrier. Init is a pause before asking anew.
#pragma once

#include <cstdint>
#include <string_view>

namespace ck::dhcp4 {

enum class State : uint8_t { Down, Init, Selecting, Requesting, Rebooting, Bound, Renewing, Rebinding };
inline constexpr unsigned kStates = 8;

std::string_view name_of(State state);  // "selecting"
bool is_legal(State from, State to);

// Why a state was entered.
enum class Reason : uint8_t {
  CarrierLost,
  CarrierFound,
  Started,  // a pause is over
  Offered,
  Acknowledged,
  Refused,       // NAK
  NoAnswer,      // asked often enough
  RenewalDue,    // T1
  RebindingDue,  // T2
  Expired,
  Conflict,  // another machine has our address
  Ipv6Only,  // the network prefers to do without IPv4
  Stopped,   // an orderly end
};
std::string_view name_of(Reason reason);

}  // namespace ck::dhcp4
