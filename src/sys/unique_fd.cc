// SPDX-License-Identifier: MIT
#include "sys/unique_fd.h"

#include <unistd.h>

namespace ck::sys {

void UniqueFd::reset() {
  if (fd_ >= 0) (void)::close(std::exchange(fd_, -1));
}

}  // namespace ck::sys
