// SPDX-License-Identifier: MIT
// The clock's state as records (ARCHITECTURE.md, "Contracts": timed/state): how far it is to be trusted, by whom, and
// what each server says.
#pragma once

#include "engine/resolver/names.h"
#include "engine/time/keeper.h"
#include "wire/state/record.h"

namespace ck::timekeeping {

struct Steps {
  uint32_t count = 0;
  Micros last{};
  TimePoint at{};
};

void write_report(const Keeper& keeper, const resolver::Names& names, const Steps& steps, state::RecordWriter& out);

}  // namespace ck::timekeeping
