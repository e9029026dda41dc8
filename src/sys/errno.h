// SPDX-License-Identifier: MIT
// From errno to Error: the one place where a failed system call becomes a value.
#pragma once

#include <cerrno>

#include "base/result.h"

namespace ck::sys {

// The error of the system call that has just failed; `what` names it ("bind [::]:1688").
inline std::unexpected<Error> last_error(const char* what) { return fail(Code::System, what, errno); }

// The call was interrupted, or would have blocked.
inline bool would_block(const Error& error) { return error.sys_errno == EAGAIN; }

// Repeats a system call while it is interrupted: `auto n = retry([&] { return ::read(fd, p, n); });`
template <typename Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

// What errno means, in static storage ("Connection refused").
const char* errno_text(int number);

}  // namespace ck::sys
