// SPDX-License-Identifier: MIT
// The configuration as init needs it. `config gather` reads it in a process of its own, since what it reads comes from
// outside; init waits for that (it takes milliseconds, and five seconds at most) and then reads what it wrote. When
// that fails, or the document is broken, the network comes up by itself and the service stays closed.
#pragma once

#include "base/fixed.h"
#include "engine/console/spec_text.h"
#include "engine/supervise/state_file.h"

namespace ck::init {

struct Configuration {
  bool is_broken = false;
  FixedString<120> why;  // it is broken
  FixedString<63> hostname;
  FixedString<16> log_level;  // a word of sys/log.h; empty: all
  console::Spec screen;
  // Of a service in the gateway's place.
  FixedVector<FixedString<200>, 16> arguments;
  FixedVector<FixedString<200>, 16> environment;
  int64_t storage_bytes = 1 << 20;
};

Configuration read_configuration(supervise::Problems& problems);

}  // namespace ck::init
