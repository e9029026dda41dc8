// SPDX-License-Identifier: MIT
// What a DHCPv4 client has seen and done since it was made.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/dhcp4/option_fault.h"

namespace ck::dhcp4 {

struct Counters {
  uint32_t sent = 0;
  uint32_t received = 0;       // replies that were used
  uint32_t ignored = 0;        // not for us, or not now
  uint32_t faulty = 0;         // for us, but not a usable lease
  uint32_t refused = 0;        // NAKs that were heeded
  uint32_t conflicts = 0;      // addresses that belonged to another
  uint32_t forced_renews = 0;  // FORCERENEW without authentication, which is never heeded (RFC 3203 6)
  OptionFaults options;        // in replies that were for us

  // Calls visit(name, value) for each.
  template <typename Visit>
  void visit(Visit visit) const {
    visit(std::string_view("sent"), sent);
    visit(std::string_view("received"), received);
    visit(std::string_view("ignored"), ignored);
    visit(std::string_view("faulty"), faulty);
    visit(std::string_view("refused"), refused);
    visit(std::string_view("conflicts"), conflicts);
    visit(std::string_view("forced-renews"), forced_renews);
    for (OptionFault fault : kAllOptionFaults) visit(name_of(fault), options.count(fault));
  }
};

}  // namespace ck::dhcp4
