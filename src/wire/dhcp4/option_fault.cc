// SPDX-License-Identifier: MIT
#include "wire/dhcp4/option_fault.h"

namespace ck::dhcp4 {

std::string_view name_of(OptionFault fault) {
  switch (fault) {
    case OptionFault::WrongLength: return "wrong-length";
    case OptionFault::BadValue: return "bad-value";
    case OptionFault::Truncated: return "truncated";
    case OptionFault::Repeated: return "repeated";
    case OptionFault::TooLong: return "too-long";
  }
  return "unknown";
}

}  // namespace ck::dhcp4
