// SPDX-License-Identifier: MIT
// A TimeSpec as records (wire/state/record.h), the form in which timed is handed one:
//
//   server address=192.0.2.123[:123]       (an IPv6 address with a port in brackets: [2001:db8::123]:123)
//   server name=time.example.org[:123]
//   use learnt=on|off
//   limits max-slew-ms=500
//   mode observe=on|off
//
// Up to four servers, asked in this order and before those that DHCP names, unless `use learnt=off` leaves these out.
// `max-slew-ms`: an offset of at most so much (1 to 5000) is slewed, a greater one stepped. With
// `observe=on` it is told how far the clock is off, and the clock is never touched. Everything is checked;
// every error is told, up to state::kMaxSpecErrors, with its line and key.
#pragma once

#include <expected>
#include <string_view>

#include "engine/time/spec.h"
#include "wire/state/spec_reader.h"

namespace ck::timekeeping {

using state::SpecError;
using state::SpecErrors;

std::expected<TimeSpec, SpecErrors> parse_spec(std::string_view text);

}  // namespace ck::timekeeping
