// SPDX-License-Identifier: MIT
// A DNS response from any bytes. The first three set the question and whether a right header stands before the rest, so
// that the fuzzer gets to the records as well as to the header.
#include <cstdlib>
#include <string_view>
#include <vector>

#include "wire/dns/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  if (size < 3) return 0;
  constexpr dns::Type kTypes[] = {dns::Type::A, dns::Type::Cname, dns::Type::Aaaa, dns::Type::Srv};
  auto id = static_cast<uint16_t>(data[0] << 8 | data[1]);
  dns::Question question{.id = id, .name = "a.b", .type = kTypes[data[2] & 3]};
  std::vector<uint8_t> message;
  if (data[2] & 4) {
    message.resize(dns::kMaxQuery);
    auto query = dns::build_query(question, dns::Edns::No, message);
    if (!query) std::abort();
    message.resize(query->size());
    message[2] = 0x81;
    message[3] = 0x80;
    message[7] = data[2] >> 5;           // answers
    message[11] = (data[2] >> 3) & 0x3;  // additional ones
  }
  message.insert(message.end(), data + 3, data + size);
  dns::Response response;
  if (dns::parse_response(message, question, response)) return 0;
  for (const dns::Record& record : response.records) {
    for (std::string_view name : {record.owner.view(), record.target.view()}) {
      if (name.empty()) continue;
      auto checked = dns::parse_name(name);  // what comes out is a name that may be asked for
      if (!checked || checked->view() != name) std::abort();
    }
  }
  return 0;
}
