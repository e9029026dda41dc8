// SPDX-License-Identifier: MIT
#include "sys/random.h"

#include <sys/random.h>

namespace ck::sys {

uint64_t KernelRandom::next() {
  uint64_t value = 0;
  constexpr unsigned kInsecure = 0x0004;  // GRND_INSECURE, Linux 5.6
  (void)::getrandom(&value, sizeof(value), kInsecure);
  return value;
}

bool random_is_seeded() {
  uint8_t byte = 0;
  return ::getrandom(&byte, sizeof(byte), GRND_NONBLOCK) == 1;
}

}  // namespace ck::sys
