// SPDX-License-Identifier: MIT
// The kernel's random numbers as a RandomSource. Never blocks: before the kernel's pool is seeded it returns what
// GRND_INSECURE gives, so that nothing on the path to serving can wait for entropy.
#pragma once

#include "base/random.h"

namespace ck::sys {

class KernelRandom final : public RandomSource {
 public:
  uint64_t next() override;
};

// Whether the kernel's numbers are fit for keys yet.
bool random_is_seeded();
// Has the kernel see to that where nothing else seeds it (no RDRAND, no virtio-rng, few interrupts): it gathers what it
// needs while somebody waits for it. That is a process of its own, of which PID 1 is the parent, as it takes a second
// or more.
void seed_random();

}  // namespace ck::sys
