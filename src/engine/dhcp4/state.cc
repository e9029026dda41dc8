// SPDX-License-Identifier: MIT
#include "engine/dhcp4/state.h"

#include <array>
#include <initializer_list>

namespace ck::dhcp4 {

namespace {

constexpr std::array<std::string_view, kStates> kNames = {"down",      "init",  "selecting", "requesting",
                                                          "rebooting", "bound", "renewing",  "rebinding"};

// For each state, the set of states that may follow, as bits.
constexpr uint8_t set_of(std::initializer_list<State> states) {
  uint8_t set = 0;
  for (State state : states) set = static_cast<uint8_t>(set | 1u << static_cast<unsigned>(state));
  return set;
}

constexpr std::array<uint8_t, kStates> kEdges = {
    /* Down */ set_of({State::Selecting, State::Rebooting}),
    /* Init */ set_of({State::Down, State::Selecting}),
    /* Selecting */ set_of({State::Down, State::Init, State::Requesting, State::Bound}),
    /* Requesting */ set_of({State::Down, State::Init, State::Selecting, State::Bound}),
    /* Rebooting */ set_of({State::Down, State::Init, State::Selecting, State::Bound}),
    /* Bound */ set_of({State::Down, State::Init, State::Renewing, State::Rebinding, State::Selecting}),
    /* Renewing */ set_of({State::Down, State::Init, State::Bound, State::Rebinding, State::Selecting}),
    /* Rebinding */ set_of({State::Down, State::Init, State::Bound, State::Selecting}),
};

}  // namespace

std::string_view name_of(State state) { return kNames[static_cast<unsigned>(state)]; }

bool is_legal(State from, State to) {
  return (kEdges[static_cast<unsigned>(from)] >> static_cast<unsigned>(to) & 1) != 0;
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::CarrierLost: return "carrier lost";
    case Reason::CarrierFound: return "carrier found";
    case Reason::Started: return "pause over";
    case Reason::Offered: return "lease offered";
    case Reason::Acknowledged: return "acknowledged";
    case Reason::Refused: return "refused by the server";
    case Reason::NoAnswer: return "no answer";
    case Reason::RenewalDue: return "renewal due";
    case Reason::RebindingDue: return "rebinding due";
    case Reason::Expired: return "lease expired";
    case Reason::Conflict: return "address of another machine";
    case Reason::Ipv6Only: return "IPv6-only network";
    case Reason::Stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace ck::dhcp4
