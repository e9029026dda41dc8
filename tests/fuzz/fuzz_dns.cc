// SPDX-License-Identifier: MIT
// A DNS response from any bytes. The first four set the question, how it is spelled and whether a right header stands
// before the rest, so that the fuzzer gets to the records as well as to the header. Then the same bytes as a TCP stream
// in pieces: what comes out is what a length announced, and no byte beyond.
#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "support/dns_stream.h"
#include "wire/dns/message.h"

namespace {

void stream(ck::Bytes bytes, size_t step) {
  using namespace ck;
  resolver::TcpExchange exchange(as_bytes("question"));
  size_t taken = test::feed(exchange, bytes, step);
  size_t announced = bytes.size() < 2 ? 0 : static_cast<size_t>(bytes[0] << 8 | bytes[1]);
  if (bytes.size() >= 2 && announced > resolver::kMaxTcpMessage) {
    if (exchange.state() != resolver::TcpExchange::State::TooLong || taken != 2) std::abort();
  } else if (bytes.size() >= 2 && bytes.size() >= 2 + announced) {
    if (!std::ranges::equal(exchange.answer(), bytes.subspan(2, announced)) || taken != 2 + announced) std::abort();
  } else if (exchange.state() != resolver::TcpExchange::State::Open || taken != bytes.size()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  if (size < 4) return 0;
  stream({data + 4, size - 4}, 1 + (data[2] >> 3));
  constexpr dns::Type kTypes[] = {dns::Type::A, dns::Type::Cname, dns::Type::Aaaa, dns::Type::Srv};
  auto id = static_cast<uint16_t>(data[0] << 8 | data[1]);
  dns::Question question{.id = id, .name = "a.b", .type = kTypes[data[2] & 3]};
  question.capitals = data[3] & 7;
  std::vector<uint8_t> message;
  if (data[2] & 4) {
    message.resize(dns::kMaxQuery);
    auto query = dns::build_query(question, dns::Edns::No, message);
    if (!query) std::abort();
    message.resize(query->size());
    message[2] = 0x81;
    message[3] = 0x80;
    message[7] = data[2] >> 5;           // answers
    message[9] = data[3] >> 6;           // of authorities
    message[11] = (data[2] >> 3) & 0x3;  // additional ones
  }
  message.insert(message.end(), data + 4, data + size);
  dns::Response response;
  auto drop = dns::parse_response(message, question, response);
  if ((data[2] & 4) && (drop == dns::Drop::OtherCase || drop == dns::Drop::OtherQuestion)) std::abort();  // it is ours
  if (drop) return 0;
  for (const dns::Record& record : response.records) {
    for (std::string_view name : {record.owner.view(), record.target.view()}) {
      if (name.empty()) continue;
      auto checked = dns::parse_name(name);  // what comes out is a name that may be asked for
      if (!checked || checked->view() != name) std::abort();
    }
  }
  return 0;
}
