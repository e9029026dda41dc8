// SPDX-License-Identifier: MIT
#include "wire/smbios/oem_strings.h"

namespace ck::smbios {

std::optional<Credential> find_credential(Bytes table, std::string_view name) {
  constexpr std::string_view kText = "io.systemd.credential:";
  constexpr std::string_view kBinary = "io.systemd.credential.binary:";
  std::optional<Credential> found;
  each_oem_string(table, [&](std::string_view text) {
    bool binary = text.starts_with(kBinary);
    if (found || (!binary && !text.starts_with(kText))) return;
    text.remove_prefix(binary ? kBinary.size() : kText.size());
    if (!text.starts_with(name) || text.substr(name.size(), 1) != "=") return;
    found = Credential{.value = text.substr(name.size() + 1), .is_base64 = binary};
  });
  return found;
}

}  // namespace ck::smbios
