// SPDX-License-Identifier: MIT
// The states of the DHCPv6 client, their names and the edges that are legal between them. RFC 9915 draws no figure of
// them; each is named after the message whose answer is awaited (18.2), and besides:
// Down: the link cannot be used. Idle: routers call for nothing (mode Off). Init: a pause before asking anew. Bound and
// Informed: nothing is awaited. Stopped: for good.
#pragma once

#include <cstdint>
#include <string_view>

namespace ck::dhcp6 {

enum class State : uint8_t {
  Down,
  Idle,
  Init,
  Soliciting,
  Requesting,
  Confirming,
  Bound,
  Renewing,
  Rebinding,
  Declining,
  Informing,
  Informed,
  Stopped,
};
inline constexpr unsigned kStates = 13;

std::string_view name_of(State state);  // "soliciting"
bool is_legal(State from, State to);

// What routers call for: the O and M flags of their advertisements (RFC 4861 4.2).
enum class Mode : uint8_t { Off, Information, Stateful };
std::string_view name_of(Mode mode);

// Why a state was entered.
enum class Reason : uint8_t {
  LinkFound,
  LinkLost,
  ModeChanged,
  PauseOver,
  Advertised,
  Answered,
  Refused,       // NotOnLink, NoAddrsAvail, or all addresses taken back
  NoBinding,     // the server does not know the lease: it is asked to make one
  NoAnswer,      // asked often enough, or long enough
  RenewalDue,    // T1
  RebindingDue,  // T2
  RefreshDue,
  Expired,
  AddressRefused,  // another host has the address
  Reconfigured,    // the server said so
  Stopped,
};
std::string_view name_of(Reason reason);

}  // namespace ck::dhcp6
