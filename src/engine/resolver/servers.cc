// SPDX-License-Identifier: MIT
#include "engine/resolver/servers.h"

namespace ck::resolver {

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

void ServerMemory::changed_case(const Server& server, TimePoint now) {
  if (Entry* known = entry(server)) known->plain_until = now + kPlainFor;
}

bool ServerMemory::keeps_case(const Server& server, TimePoint now) const {
  const Entry* known = find(server);
  return known == nullptr || now >= known->plain_until;
}

}  // namespace ck::resolver
