// SPDX-License-Identifier: MIT
// One log server and anything that may happen to it and to the ring, in any order: every message that was meant for it
// is sent, waits or is counted, it is always known when to look again, and at the end a good server has or knows of
// all.
#include <cstdlib>

#include "support/log_world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  using logring::TargetState;
  if (size < 2) return 0;
  bool tcp = (data[0] & 1) != 0;
  logring::TargetSpec spec{.transport = tcp ? logring::Transport::Tcp : logring::Transport::Udp,
                           .address = Ipv4Address{1},
                           .framing = tcp ? syslog::Framing::Octet : syslog::Framing::None,
                           .severity = static_cast<syslog::Severity>(data[0] >> 1 & 7)};
  test::LogWorld world(spec, data[1]);
  uint64_t meant = 0;
  auto log = [&](syslog::Severity severity, size_t length) {
    world.log(severity, length);
    meant += severity <= spec.severity;
  };
  for (Bytes input(data + 2, std::min<size_t>(size - 2, 400)); input.size() >= 2; input = input.subspan(2)) {
    size_t value = input[1];
    switch (input[0] % 9) {
      case 0: world.listens = (value & 1) != 0; break;
      case 1: world.answers = (value & 1) != 0; break;
      case 2: world.cut(); break;
      case 3: world.room = value == 255 ? SIZE_MAX : value * 16; break;
      case 4: world.piece = value + 1; break;
      case 5: world.run_until(world.now + Duration(value * value)); break;
      case 6: log(static_cast<syslog::Severity>(value & 7), value * 9); break;
      case 8: world.lag = value * 16; break;
      case 7:
        for (size_t i = 0; i < value; ++i) log(static_cast<syslog::Severity>(i & 7), value);
        break;
    }
    world.settle();
    const logring::Target& target = world.target;
    if (target.sent() + target.queued() + target.dropped() != meant) std::abort();
    bool waits_for_a_message = target.state() == TargetState::Ready || target.state() == TargetState::Trying;
    if (target.deadline() == kNever && (!waits_for_a_message || (target.queued() > 0 && world.room > 0))) std::abort();
  }
  world.listens = world.answers = true;
  world.room = world.piece = SIZE_MAX;
  world.lag = 0;
  log(syslog::Severity::Emergency, 0);  // over UDP only a message shows that somebody is there
  world.run_until(world.now + 5min);
  if (world.target.state() != TargetState::Ready || world.target.queued() != 0) std::abort();
  if (world.target.sent() + world.target.dropped() != meant) std::abort();
  return 0;
}
