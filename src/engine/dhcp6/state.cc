// SPDX-License-Identifier: MIT
#include "engine/dhcp6/state.h"

#include <array>
#include <initializer_list>

namespace ck::dhcp6 {

namespace {

constexpr std::array<std::string_view, kStates> kNames = {
    "down",     "idle",      "init",      "soliciting", "requesting", "confirming", "bound",
    "renewing", "rebinding", "declining", "informing",  "informed",   "stopped"};

// For each state, the set of states that may follow, as bits.
constexpr uint16_t set_of(std::initializer_list<State> states) {
  uint16_t set = 0;
  for (State state : states) set = static_cast<uint16_t>(set | 1u << static_cast<unsigned>(state));
  return set;
}

// Each state may also become Stopped, and each but Stopped becomes Down; below is what is left.
constexpr std::array<uint16_t, kStates> kEdges = {
    /* Down */ set_of({State::Idle, State::Soliciting, State::Informing, State::Confirming}),
    /* Idle */ set_of({State::Soliciting, State::Informing}),
    /* Init */ set_of({State::Soliciting, State::Informing, State::Idle}),
    /* Soliciting */ set_of({State::Requesting, State::Bound, State::Informing, State::Idle}),
    /* Requesting */
    set_of({State::Bound, State::Init, State::Soliciting, State::Informing, State::Idle, State::Declining}),
    /* Confirming */ set_of({State::Bound, State::Soliciting, State::Informing, State::Idle, State::Declining}),
    /* Bound */
    set_of({State::Renewing, State::Rebinding, State::Declining, State::Informing, State::Soliciting, State::Idle}),
    /* Renewing */
    set_of({State::Bound, State::Rebinding, State::Requesting, State::Init, State::Soliciting, State::Informing,
            State::Idle, State::Declining}),
    /* Rebinding */
    set_of({State::Bound, State::Requesting, State::Init, State::Soliciting, State::Informing, State::Idle,
            State::Declining}),
    /* Declining */ set_of({State::Bound, State::Init, State::Soliciting, State::Informing, State::Idle}),
    /* Informing */
    set_of({State::Informed, State::Bound, State::Renewing, State::Rebinding, State::Declining, State::Soliciting,
            State::Idle}),
    /* Informed */ set_of({State::Informing, State::Soliciting, State::Idle}),
    /* Stopped */ set_of({}),
};

}  // namespace

std::string_view name_of(State state) { return kNames[static_cast<unsigned>(state)]; }

bool is_legal(State from, State to) {
  if (from == State::Stopped || from == to) return false;
  if (to == State::Stopped || to == State::Down) return true;
  return (kEdges[static_cast<unsigned>(from)] >> static_cast<unsigned>(to) & 1) != 0;
}

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::Off: return "off";
    case Mode::Information: return "information";
    case Mode::Stateful: return "stateful";
  }
  return "unknown";
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::LinkFound: return "link found";
    case Reason::LinkLost: return "link lost";
    case Reason::ModeChanged: return "routers call for something else";
    case Reason::PauseOver: return "pause over";
    case Reason::Advertised: return "lease advertised";
    case Reason::Answered: return "answered";
    case Reason::Refused: return "refused by the server";
    case Reason::NoBinding: return "lease unknown to the server";
    case Reason::NoAnswer: return "no answer";
    case Reason::RenewalDue: return "renewal due";
    case Reason::RebindingDue: return "rebinding due";
    case Reason::RefreshDue: return "refresh due";
    case Reason::Expired: return "lease expired";
    case Reason::AddressRefused: return "address in use by another host";
    case Reason::Reconfigured: return "asked to by the server";
    case Reason::Stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace ck::dhcp6
