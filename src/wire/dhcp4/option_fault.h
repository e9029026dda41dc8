// SPDX-License-Identifier: MIT
// What can be wrong with an option of a server's message, and how often each was seen. An option at fault is left out;
// the rest of the message stands.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ck::dhcp4 {

enum class OptionFault : uint8_t {
  WrongLength,  // not the length, or not a multiple of the length, that the option has
  BadValue,     // the length is right, what it says cannot be
  Truncated,    // running past the end of its field
  Repeated,     // a second one of an option that is never joined; the first counts
  TooLong,      // more than is joined of one option (RFC 3396)
};
inline constexpr std::array kAllOptionFaults = {OptionFault::WrongLength, OptionFault::BadValue, OptionFault::Truncated,
                                                OptionFault::Repeated, OptionFault::TooLong};

std::string_view name_of(OptionFault fault);  // "wrong-length"

class OptionFaults {
 public:
  void add(OptionFault fault, uint32_t count = 1) { counts_[static_cast<size_t>(fault)] += count; }
  void add(const OptionFaults& other) {
    for (OptionFault fault : kAllOptionFaults) add(fault, other.count(fault));
  }
  uint32_t count(OptionFault fault) const { return counts_[static_cast<size_t>(fault)]; }
  uint32_t total() const {
    uint32_t sum = 0;
    for (uint32_t count : counts_) sum += count;
    return sum;
  }

 private:
  std::array<uint32_t, kAllOptionFaults.size()> counts_{};
};

}  // namespace ck::dhcp4
