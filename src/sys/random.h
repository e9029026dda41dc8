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

}  // namespace ck::sys
