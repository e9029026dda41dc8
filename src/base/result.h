// SPDX-License-Identifier: MIT
// How anything that can fail reports it: Result<T> holds a value or an Error.
// An Error is small and copyable: a code for programs, a static string for people, and the errno of the system call
// that failed (0 when none did). No exceptions exist in this code base; CK_TRY hands an error on to the caller.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>

namespace ck {

enum class Code : uint8_t {
  System,       // a system call failed; sys_errno says how
  Malformed,    // bytes or text from outside do not parse
  Unsupported,  // understood, but not something this program does
  OutOfRange,   // a number or a length beyond its limit
  NotFound,
  Busy,
  Closed,  // the peer or the descriptor is gone
  Denied,
};

// The name of a code, for logs: "malformed".
constexpr std::string_view name_of(Code code) {
  switch (code) {
    case Code::System: return "system";
    case Code::Malformed: return "malformed";
    case Code::Unsupported: return "unsupported";
    case Code::OutOfRange: return "out of range";
    case Code::NotFound: return "not found";
    case Code::Busy: return "busy";
    case Code::Closed: return "closed";
    case Code::Denied: return "denied";
  }
  return "unknown";
}

struct Error {
  Code code = Code::System;
  const char* what = "";  // static storage: names the thing that failed, e.g. "open /proc/consoles"
  int sys_errno = 0;
  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;

// An error result: `return fail(Code::Malformed, "option length");`
constexpr std::unexpected<Error> fail(Code code, const char* what, int sys_errno = 0) {
  return std::unexpected(Error{code, what, sys_errno});
}

namespace detail {
template <typename T>
T take_value(Result<T>& result) {
  return std::move(*result);
}
inline void take_value(Result<void>&) {}
}  // namespace detail

}  // namespace ck

// The value of a Result expression, or return its error from the enclosing function.
#define CK_TRY(expression)                                             \
  ({                                                                   \
    auto ck_try_result = (expression);                                 \
    if (!ck_try_result) return std::unexpected(ck_try_result.error()); \
    ::ck::detail::take_value(ck_try_result);                           \
  })
