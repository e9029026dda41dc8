// SPDX-License-Identifier: MIT
// DHCPv6 messages of servers: whatever comes in, what is let through is fit to be used. The first byte chooses whether
// the rest is a whole message or only the options of an otherwise good one.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/dhcp6/lease.h"
#include "wire/dhcp4/domain_list.h"
#include "wire/dhcp6/reply.h"

namespace {

using namespace ck::dhcp6;  // NOLINT: the fuzzer is about nothing else

void require(bool holds) {
  if (!holds) std::abort();
}

void check_servers(const ServerList& servers) {
  for (const ck::Ipv6Address& server : servers) require(!server.is_unspecified() && !server.is_multicast());
}

void check_association(const Reply& reply, const Association& association) {
  require(reply.association(association.iaid) == &association);  // each once
  require(association.t2_seconds == 0 || association.t1_seconds <= association.t2_seconds);
  for (const GivenAddress& given : association.addresses) {
    require(given.preferred_seconds <= given.valid_seconds);
    require(!given.address.is_unspecified() && !given.address.is_multicast() && !given.address.is_link_local());
  }
  ck::TimePoint start = ck::from_ms(1000);
  auto lease = make_lease(nullptr, reply, association, {}, start, start + ck::Duration(500));
  if (!lease) return;
  require(!lease->addresses.empty());
  require(start < lease->renew_at && lease->renew_at <= lease->rebind_at && lease->rebind_at <= lease->expires_at);
  // What a second reply of the same makes of it is no other.
  auto again = make_lease(&*lease, reply, association, {}, start, start + ck::Duration(500));
  require(again == lease);
}

void check(ck::Bytes message) {
  auto reply = parse_reply(message);
  if (!reply) return;
  require(reply->message.size() == message.size());
  for (const auto& name : reply->search) require(ck::dhcp4::is_domain_name(name));
  check_servers(reply->dns);
  check_servers(reply->ntp);
  check_servers(reply->sntp);
  for (const auto& duid : {reply->client, reply->server}) require(!duid || (duid->size() >= 3 && duid->size() <= 130));
  for (auto seconds : {reply->solicit_max_rt, reply->information_max_rt})
    require(!seconds || (*seconds >= 60 && *seconds <= 86400));
  if (reply->authentication) require(reply->authentication->value_position + kKeySize <= message.size());
  for (const Association& association : reply->associations) check_association(*reply, association);
  // A message of so many bytes holds no more options, and so no more faults, than fit.
  require(reply->faults.total() <= message.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  ck::Bytes input(data + 1, size - 1);
  if ((data[0] & 1) != 0) {
    check(input);
    return 0;
  }
  std::vector<uint8_t> message = {7, 1, 2, 3, 0, 2, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1};
  message.insert(message.end(), input.begin(), input.end());
  check(message);
  return 0;
}
