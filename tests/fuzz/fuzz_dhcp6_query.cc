// SPDX-License-Identifier: MIT
// What a DHCPv6 client sends, of any contents and into a buffer of any size: either an error, or a message whose
// options end where it ends, and nothing is written beside the buffer.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "support/dhcp6_messages.h"
#include "wire/dhcp6/query.h"

namespace {

using namespace ck::dhcp6;  // NOLINT: the fuzzer is about nothing else

void require(bool holds) {
  if (!holds) std::abort();
}

Duid read_duid(ck::ByteReader& input) {
  Duid duid;
  size_t size = 3 + input.u8().value_or(0) % (kMaxDuid - 2);
  while (duid.size() < size) (void)duid.push_back(input.u8().value_or(0));
  return duid;
}

ck::Ipv6Address read_address(ck::ByteReader& input) {
  ck::Ipv6Address address;
  if (auto octets = input.array<16>()) address.octets = *octets;
  return address;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ck::ByteReader input(ck::Bytes(data, size));
  size_t room = input.u16().value_or(0) % (kMaxQuery + 1);
  Query query{.type = static_cast<MessageType>(1 + input.u8().value_or(0) % 11)};
  query.transaction = input.u32().value_or(0) & 0xffffff;
  query.elapsed = input.u16().value_or(0);
  uint8_t how = input.u8().value_or(0);
  query.client = read_duid(input);
  if ((how & 1) != 0) query.server = read_duid(input);
  if ((how & 2) != 0) query.iaid = input.u32().value_or(0);
  for (unsigned i = 0; i < how >> 5; ++i) (void)query.addresses.push_back(read_address(input));
  if ((how & 4) != 0) query.rapid_commit = RapidCommit::Yes;
  if ((how & 8) != 0) query.reconfigure = Reconfigure::Accept;

  std::vector<uint8_t> buffer(room);  // on the heap: the sanitizer sees a byte beyond
  auto bytes = write_query(query, buffer);
  if (!bytes) {
    require(room < kMaxQuery);
    return 0;
  }
  auto view = ck::test::read_query6(*bytes);
  require(view.has_value());
  require(view->type == static_cast<uint8_t>(query.type) && view->transaction == query.transaction);
  require(view->options[1] == ck::test::ByteVector(query.client.begin(), query.client.end()));
  require(view->has(2) == query.server.has_value() && view->has(3) == query.iaid.has_value());
  if (query.iaid) require(view->iaid == *query.iaid && view->addresses.size() == query.addresses.size());
  return 0;
}
