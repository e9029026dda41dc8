// SPDX-License-Identifier: MIT
// What an administrator wants of the clock, as plain values; the defaults are what is right without one. spec_text.h
// reads it from records.
#pragma once

#include "engine/resolver/endpoint.h"
#include "engine/time/keeper.h"

namespace ck::timekeeping {

enum class UseLearnt : uint8_t { Yes, No };

struct TimeSpec {
  FixedVector<resolver::Endpoint, kMaxServers> servers;  // in this order, before learnt ones
  UseLearnt learnt = UseLearnt::Yes;
  Duration max_slew = kDefaultMaxSlew;
  Mode mode = Mode::Set;
};

}  // namespace ck::timekeeping
