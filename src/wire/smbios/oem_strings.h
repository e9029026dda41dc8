// SPDX-License-Identifier: MIT
// The OEM strings (type 11, DMTF DSP0134 7.12) of an SMBIOS structure table. Hosts of virtual machines put credentials
// there as systemd names them: `io.systemd.credential:NAME=TEXT`, `io.systemd.credential.binary:NAME=BASE64`.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace ck::smbios {

// Calls visit(string) for each; ends where the table is damaged.
template <typename Visit>
void each_oem_string(Bytes table, Visit visit);

struct Credential {
  std::string_view value;  // of the table
  bool is_base64 = false;
};
// The first credential of that name.
std::optional<Credential> find_credential(Bytes table, std::string_view name);

// ---- each_oem_string -----------------------------------------------------------------------------------------------

inline constexpr uint8_t kOemStrings = 11;
inline constexpr size_t kStructureHeader = 4;  // type, length, handle

template <typename Visit>
void each_oem_string(Bytes table, Visit visit) {
  while (table.size() >= kStructureHeader) {
    uint8_t type = table[0];
    size_t length = table[1];
    if (length < kStructureHeader || length > table.size()) return;
    Bytes strings = table.subspan(length);
    size_t at = 0;
    // Strings, each ended by a zero, and a zero more; two zeros where there is none.
    while (at < strings.size() && strings[at] != 0) {
      size_t end = at;
      while (end < strings.size() && strings[end] != 0) ++end;
      if (end == strings.size()) return;
      if (type == kOemStrings) visit(std::string_view(reinterpret_cast<const char*>(strings.data() + at), end - at));
      at = end + 1;
    }
    size_t used = at == 0 ? 2 : at + 1;
    if (used > strings.size()) return;
    table = strings.subspan(used);
  }
}

}  // namespace ck::smbios
