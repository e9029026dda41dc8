// SPDX-License-Identifier: MIT
// A DNS response from any bytes. The first four set the question's id and type, so that the fuzzer gets past them.
#include <cstdlib>
#include <string_view>

#include "wire/dns/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  if (size < 4) return 0;
  constexpr dns::Type kTypes[] = {dns::Type::A, dns::Type::Cname, dns::Type::Aaaa, dns::Type::Srv};
  dns::Question question{
      .id = static_cast<uint16_t>(data[0] << 8 | data[1]), .name = "a.b", .type = kTypes[data[2] & 3]};
  dns::Response response;
  if (dns::parse_response({data + 3, size - 3}, question, response)) return 0;
  for (const dns::Record& record : response.records) {
    for (std::string_view name : {record.owner.view(), record.target.view()}) {
      if (name.empty()) continue;
      auto checked = dns::parse_name(name);  // what comes out is a name that may be asked for
      if (!checked || checked->view() != name) std::abort();
    }
  }
  return 0;
}
