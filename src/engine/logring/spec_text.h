// SPDX-License-Identifier: MIT
// A LogSpec as records (wire/state/record.h), the form in which logd is handed one:
//
//   ring bytes=65536
//   target kind=udp|tcp|tls address=192.0.2.9[:514]|name=logs.example.org[:514] [format=rfc5424|gelf|json]
//   [framing=octet|newline] [severity=info]
//       [ca=PEM] [certificate=PEM] [key=PEM] [server-name=logs.example.org]
//   learnt use=on|off
//
// An IPv6 address with a port stands in brackets. `framing` is for rfc5424 over TCP (octet when nothing is said): GELF
// ends each message with a NUL, JSON with a line end, and a datagram needs none. The second line is for TLS, whose port
// is 6514 and where `ca` must be given and RFC 5424 is always counted (RFC 5425). Everything is checked; every error is
// told, up to state::kMaxSpecErrors, with its line and key.
#pragma once

#include <expected>
#include <string_view>

#include "engine/logring/spec.h"
#include "wire/state/spec_reader.h"

namespace ck::logring {

using state::SpecError;
using state::SpecErrors;

std::expected<LogSpec, SpecErrors> parse_spec(std::string_view text);

}  // namespace ck::logring
