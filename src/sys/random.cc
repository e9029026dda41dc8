// SPDX-License-Identifier: MIT
#include "sys/random.h"

#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

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

void seed_random() {
  pid_t child = ::fork();
  if (child < 0) return;
  if (child > 0) {
    (void)::waitpid(child, nullptr, 0);  // it ends at once
    return;
  }
  uint8_t byte = 0;
  if (::fork() == 0) (void)::getrandom(&byte, sizeof(byte), 0);
  ::_exit(0);
}

}  // namespace ck::sys
