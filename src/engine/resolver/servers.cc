// SPDX-License-Identifier: MIT
#include "engine/resolver/servers.h"

#include <algorithm>

#include "wire/state/record.h"

namespace ck::resolver {

Servers read_servers(std::string_view netd_state) {
  Servers servers;
  for (state::RecordReader reader(netd_state); auto record = reader.next();) {
    if (record->kind() != "dns") continue;
    auto address = parse_ip(record->text<64>("address"));
    if (!address) continue;
    bool is_scoped = address->family == Family::V6 && address->is_link_local();
    Server server{.address = *address,
                  .scope = is_scoped ? static_cast<uint32_t>(record->number("link").value_or(0)) : 0};
    if (std::find(servers.begin(), servers.end(), server) == servers.end())
      (void)servers.push_back(server);  // beyond the capacity the first ones count
  }
  return servers;
}

const ServerMemory::Entry* ServerMemory::find(const Server& server) const {
  for (const Entry& entry : entries_)
    if (entry.server == server) return &entry;
  return nullptr;
}

// Nothing when there is no room: then it is not remembered.
ServerMemory::Entry* ServerMemory::entry(const Server& server) {
  for (Entry& entry : entries_)
    if (entry.server == server) return &entry;
  return entries_.push_back({.server = server}) ? &entries_.back() : nullptr;
}

void ServerMemory::failed(const Server& server, TimePoint now) {
  if (Entry* known = entry(server)) known->last_until = now + kLastFor;
}

void ServerMemory::answered(const Server& server) {
  for (Entry& entry : entries_)
    if (entry.server == server) entry.last_until = {};
}

Servers ServerMemory::in_order(const Servers& servers, TimePoint now) const {
  Servers ordered;
  for (bool last : {false, true}) {
    for (const Server& server : servers) {
      const Entry* known = find(server);
      if ((known != nullptr && now < known->last_until) == last) (void)ordered.push_back(server);
    }
  }
  return ordered;
}

void ServerMemory::changed_case(const Server& server, TimePoint now) {
  if (Entry* known = entry(server)) known->plain_until = now + kPlainFor;
}

bool ServerMemory::keeps_case(const Server& server, TimePoint now) const {
  const Entry* known = find(server);
  return known == nullptr || now >= known->plain_until;
}

}  // namespace ck::resolver
