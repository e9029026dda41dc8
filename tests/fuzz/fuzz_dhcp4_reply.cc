// SPDX-License-Identifier: MIT
// DHCPv4 replies: whatever comes in, what is let through is fit to be used. The first byte chooses whether the rest is
// a whole message or only the options of an otherwise good one.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/dhcp4/lease.h"
#include "wire/dhcp4/domain_list.h"
#include "wire/dhcp4/reply.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(ck::Bytes message) {
  auto reply = ck::dhcp4::parse_reply(message);
  if (!reply) return;
  require(reply->domain.empty() || ck::dhcp4::is_domain_name(reply->domain));
  for (const auto& name : reply->search) require(ck::dhcp4::is_domain_name(name));
  for (ck::Ipv4Address server : reply->dns) require(!server.is_unspecified() && !server.is_multicast());
  for (ck::Ipv4Address server : reply->log_servers) require(!server.is_unspecified() && !server.is_multicast());
  require(!reply->mtu || *reply->mtu >= ck::dhcp4::kLeastMtu);
  require(reply->lease_seconds != 0u);
  require(!reply->prefix_length || (*reply->prefix_length >= 1 && *reply->prefix_length <= 32));
  if (reply->classless_routes)
    for (const auto& route : *reply->classless_routes) {
      require(route.prefix_length <= 32);
      require((route.destination.value & ~ck::netmask_of(route.prefix_length).value) == 0);
    }
  auto lease = ck::dhcp4::make_lease(*reply, std::nullopt, ck::from_ms(0));
  if (!lease) return;
  require(lease->renew_at <= lease->rebind_at && lease->rebind_at <= lease->expires_at);
  require(ck::dhcp4::is_host_address(lease->address.address.v4));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  ck::Bytes input(data + 1, size - 1);
  if ((data[0] & 1) != 0) {
    check(input);
    return 0;
  }
  std::vector<uint8_t> message(240);
  message[0] = 2;
  message[1] = 1;
  message[2] = 6;
  for (size_t i = 0; i < 4; ++i) message[16 + i] = static_cast<uint8_t>(192u >> i);
  const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
  for (size_t i = 0; i < 4; ++i) message[236 + i] = cookie[i];
  // File and server name take part when the options say so: fill them from the input's end.
  for (size_t i = 0; i < 192 && i < input.size(); ++i) message[44 + i] = input[input.size() - 1 - i];
  message.insert(message.end(), input.begin(), input.end());
  check(message);
  return 0;
}
