// SPDX-License-Identifier: MIT
#include "sys/errno.h"

#include <cstring>

namespace ck::sys {

const char* errno_text(int number) { return ::strerror(number); }

}  // namespace ck::sys
