// SPDX-License-Identifier: MIT
// Lists of domain names in DNS wire form: DHCPv4's domain search option (RFC 3397, with compression) and the DNSSL
// option of router advertisements (RFC 8106, without).
// Only names that a host may bear are let through (letters, digits, '-' and '_', at most 63 a label), since they end up
// in resolv.conf and on the screen. A bad name is left out; a list that cannot be walked further ends there.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.h"
#include "wire/dhcp4/options.h"

namespace ck::dhcp4 {

enum class Compression : bool { Forbidden, Allowed };

struct DomainList {
  SearchList names;
  unsigned bad = 0;  // names left out because they were malformed
};

// The names in `data`. Root names (padding in DNSSL) are passed over. A pointer may only point backwards (RFC 9267).
DomainList parse_domain_list(Bytes data, Compression compression);

// A domain name in text form, as option 15 has it: labels of letters, digits, '-', '_' joined by dots. One dot or NUL
// at the end is taken off by the caller.
bool is_domain_name(std::string_view text);

}  // namespace ck::dhcp4
