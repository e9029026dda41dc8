// SPDX-License-Identifier: MIT
#include "engine/gateway/network.h"

#include "wire/state/record.h"

namespace ck::gateway {

namespace {

template <typename T, size_t N>
void add_once(FixedVector<T, N>& list, const T& value) {
  for (const T& present : list)
    if (present == value) return;
  (void)list.push_back(value);  // beyond the capacity the first ones count
}

// The index of the link that a record names, by its index or by its name; 0 when there is none.
uint32_t link_index(std::string_view state, const state::Record& record) {
  auto link = record.text<32>("link");
  if (auto index = parse_u32(link)) return *index;
  for (state::RecordReader reader(state); auto other = reader.next();) {
    if (other->kind() == "link" && other->text<32>("name") == link.view())
      return static_cast<uint32_t>(other->number("index").value_or(0));
  }
  return 0;
}

}  // namespace

bool Network::is_own(const IpAddress& address) const {
  if (address.is_loopback() || address.is_unspecified()) return true;
  if (address.family == Family::V4 && (address.v4.is_multicast() || address.v4.is_broadcast())) return true;
  if (address.family == Family::V6) {
    if (address.v6.is_multicast()) return true;
    if (auto v4 = address.v6.mapped_v4()) return is_own(*v4);
  }
  for (const IpAddress& mine : own)
    if (mine == address) return true;
  return false;
}

Network read_network(std::string_view state) {
  Network network;
  for (state::RecordReader reader(state); auto record = reader.next();) {
    if (record->kind() == "address") {
      auto text = record->text<64>("address");
      if (auto prefix = parse_prefix(text))
        add_once(network.own, prefix->address);
      else if (auto address = parse_ip(text))
        add_once(network.own, *address);
    } else if (record->kind() == "dns") {
      if (auto address = parse_ip(record->text<64>("address"))) {
        uint32_t scope = address->is_link_local() && address->family == Family::V6 ? link_index(state, *record) : 0;
        add_once(network.servers, NameServer{*address, scope});
      }
    } else if (record->kind() == "domain") {
      if (auto name = dns::parse_name(record->text<dns::kMaxName + 1>("name"))) add_once(network.domains, *name);
    }
  }
  return network;
}

}  // namespace ck::gateway
