// SPDX-License-Identifier: MIT
#include "engine/netconf/router_dns.h"

#include <algorithm>

#include "wire/netlink/constants.h"

namespace ck::netconf {

namespace {

// Adds, refreshes or (lifetime 0) removes one entry; `same` compares an entry with the new one. True when the set
// changed.
template <typename List, typename Entry, typename Same>
bool update(List& list, const Entry& entry, bool withdrawn, Same same) {
  size_t on_link = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].link != entry.link) continue;
    ++on_link;
    if (!same(list[i])) continue;
    if (withdrawn)
      list.erase(i);
    else
      list[i].until = entry.until;
    return withdrawn;
  }
  if (withdrawn || on_link >= RouterDns::kPerLink) return false;
  return list.push_back(entry);
}

template <typename List, typename Predicate>
bool erase_if(List& list, Predicate predicate) {
  size_t before = list.size();
  for (size_t i = list.size(); i-- > 0;)
    if (predicate(list[i])) list.erase(i);
  return list.size() != before;
}

}  // namespace

bool RouterDns::learn(const netlink::RouterDns& option, TimePoint now) {
  bool withdrawn = option.lifetime_seconds == 0;
  TimePoint until = kNever;
  if (option.lifetime_seconds != netlink::kForever) until = now + std::chrono::seconds(option.lifetime_seconds);
  bool changed = false;
  for (const Ipv6Address& address : option.servers) {
    Server server{.link = option.link, .address = address, .until = until};
    changed |= update(servers_, server, withdrawn, [&](const Server& other) { return other.address == address; });
  }
  for (const dhcp4::DomainName& name : option.domains) {
    Domain domain{.link = option.link, .name = name, .until = until};
    changed |= update(domains_, domain, withdrawn, [&](const Domain& other) { return other.name == name; });
  }
  return changed;
}

bool RouterDns::expire(TimePoint now) {
  auto over = [&](const auto& entry) { return entry.until <= now; };
  bool servers = erase_if(servers_, over);
  bool domains = erase_if(domains_, over);
  return servers || domains;
}

bool RouterDns::forget_link(uint32_t link) {
  auto on_link = [&](const auto& entry) { return entry.link == link; };
  bool servers = erase_if(servers_, on_link);
  bool domains = erase_if(domains_, on_link);
  return servers || domains;
}

TimePoint RouterDns::next_expiry() const {
  TimePoint next = kNever;
  for (const Server& server : servers_) next = std::min(next, server.until);
  for (const Domain& domain : domains_) next = std::min(next, domain.until);
  return next;
}

}  // namespace ck::netconf
