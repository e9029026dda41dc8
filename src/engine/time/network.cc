// SPDX-License-Identifier: MIT
#include "engine/time/network.h"

#include "wire/state/record.h"

namespace ck::timekeeping {

namespace {

template <typename T, size_t N>
void add_once(FixedVector<T, N>& list, const T& value) {
  for (const T& present : list)
    if (present == value) return;
  (void)list.push_back(value);  // beyond the capacity the first ones count
}

uint32_t scope_of(const IpAddress& address, const state::Record& record) {
  if (address.family != Family::V6 || !address.is_link_local()) return 0;
  return static_cast<uint32_t>(record.number("link").value_or(0));
}

// A time server is one host: not a group, not this machine, not nobody.
bool is_host(const IpAddress& address) {
  if (address.is_unspecified() || address.is_loopback()) return false;
  return address.family == Family::V4 ? !address.v4.is_multicast() && !address.v4.is_broadcast()
                                      : !address.v6.is_multicast();
}

}  // namespace

Network read_network(std::string_view state) {
  Network network{.learnt = {}, .dns = resolver::read_servers(state), .paths = {}};
  for (state::RecordReader reader(state); auto record = reader.next();) {
    std::string_view kind = record->kind();
    auto text = record->text<64>("address");
    if (kind == "address") {
      if (auto prefix = parse_prefix(text)) add_once(network.paths, prefix->address);
      continue;
    }
    auto address = parse_ip(text);
    if (!address) continue;
    if (kind == "gateway") add_once(network.paths, *address);
    if (kind == "ntp" && is_host(*address))
      add_once(network.learnt,
               Server{.address = *address, .scope = scope_of(*address, *record), .origin = Origin::Learnt});
  }
  return network;
}

Servers servers_of(const resolver::Names& names) {
  Servers servers;
  for (size_t i = 0; i < names.size(); ++i)
    if (auto address = names.address(i)) (void)servers.push_back({.address = *address, .port = names.endpoint(i).port});
  return servers;
}

Servers merge_servers(const Servers& configured, const Servers& learnt) {
  Servers all;
  for (const Servers* list : {&configured, &learnt}) {
    for (const Server& server : *list) {
      bool known = false;
      for (const Server& other : all) known = known || server.is_at(other);
      if (!known) (void)all.push_back(server);
    }
  }
  return all;
}

}  // namespace ck::timekeeping
