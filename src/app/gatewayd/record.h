// SPDX-License-Identifier: MIT
// The access record of one connection: KEY=VALUE fields on one line, times in UTC and in milliseconds (docs/gateway.md
// lists them). What was carried is never among them.
#pragma once

#include "app/gatewayd/connection.h"
#include "base/text.h"

namespace ck::gatewayd {

void write_record(const Connection& connection, TimePoint now, int64_t utc_ms, TextWriter& line);

}  // namespace ck::gatewayd
