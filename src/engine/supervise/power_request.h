// SPDX-License-Identifier: MIT
// How a program asks PID 1 to end the machine: a line of the datagrams by which it tells of its readiness (sd_notify;
// "X_" is what man 3 sd_notify leaves to others). Who may ask is init's to decide.
#pragma once

#include <optional>
#include <string_view>

#include "engine/supervise/supervisor.h"

namespace ck::supervise {

constexpr std::string_view power_request(Ending ending) {
  return ending == Ending::Reboot ? "X_POWER=restart" : "X_POWER=off";
}

// Nothing: the line is no such request.
constexpr std::optional<Ending> read_power_request(std::string_view line) {
  for (Ending ending : {Ending::PowerOff, Ending::Reboot})
    if (line == power_request(ending)) return ending;
  return std::nullopt;
}

}  // namespace ck::supervise
