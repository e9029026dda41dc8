// SPDX-License-Identifier: MIT
// A stream of events at the supervisor: only legal edges, no second process of one program, one end.
#include <cstddef>
#include <cstdint>

#include "engine/supervise/supervisor.h"

namespace {

using namespace ck::supervise;  // NOLINT: a fuzz target

Event make_event(uint8_t kind, ProgramIndex program) {
  switch (kind % 8) {
    case 0: return Boot{};
    case 1: return Spawned{program, program + 100};
    case 2: return SpawnFailed{program, "could not"};
    case 3: return Ready{program};
    case 4: return StatusText{program, "words"};
    case 5: return Exited{program, "killed"};
    case 6: return TimerFired{};
    default: return StopAll{program % 2 == 0 ? Ending::PowerOff : Ending::Reboot};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Supervisor supervisor;
  for (ProgramIndex i = 0; i < kMaxPrograms; ++i)
    if (!supervisor.add({.name = "p", .after = i == 0 ? kNobody : static_cast<ProgramIndex>(i - 1)})) __builtin_trap();
  ck::TimePoint now = ck::from_ms(0);
  int ends = 0;
  for (size_t i = 0; i + 2 < size; i += 3) {
    now += ck::Duration(data[i + 2] * 50);
    for (const Action& action : supervisor.step(make_event(data[i], data[i + 1] % (kMaxPrograms + 1)), now)) {
      if (const auto* changed = std::get_if<Changed>(&action))
        if (!is_legal_edge(changed->from, changed->to)) __builtin_trap();
      if (const auto* spawn = std::get_if<Spawn>(&action))
        if (supervisor.programs()[spawn->program].pid != 0) __builtin_trap();
      if (std::holds_alternative<End>(action)) ++ends;
    }
  }
  if (ends > 1) __builtin_trap();
  return 0;
}
