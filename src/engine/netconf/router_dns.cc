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
  Entry entry{.link = option.link, .since = now, .router = option.router};
  if (option.lifetime_seconds != netlink::kForever) entry.until = now + std::chrono::seconds(option.lifetime_seconds);
  bool changed = false;
  for (const Ipv6Address& address : option.servers)
    changed |= update(servers_, Server{entry, address}, withdrawn,
                      [&](const Server& other) { return other.address == address; });
  for (const dhcp4::DomainName& name : option.domains)
    changed |=
        update(domains_, Domain{entry, name}, withdrawn, [&](const Domain& other) { return other.name == name; });
  if (option.nat64)
    changed |= update(nat64_, Nat64{entry, *option.nat64}, withdrawn,
                      [&](const Nat64& other) { return other.prefix == *option.nat64; });
  return changed;
}

template <typename Predicate>
bool RouterDns::erase(Predicate predicate) {
  bool servers = erase_if(servers_, predicate);
  bool domains = erase_if(domains_, predicate);
  bool nat64 = erase_if(nat64_, predicate);
  return servers || domains || nat64;
}

bool RouterDns::expire(TimePoint now) {
  return erase([&](const Entry& entry) { return entry.until <= now; });
}

bool RouterDns::forget_link(uint32_t link) {
  return erase([&](const Entry& entry) { return entry.link == link; });
}

TimePoint RouterDns::next_expiry() const {
  TimePoint next = kNever;
  for (const Server& server : servers_) next = std::min(next, server.until);
  for (const Domain& domain : domains_) next = std::min(next, domain.until);
  for (const Nat64& nat64 : nat64_) next = std::min(next, nat64.until);
  return next;
}

}  // namespace ck::netconf
