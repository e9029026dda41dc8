// SPDX-License-Identifier: MIT
#include "engine/dhcp6/lease.h"

#include <algorithm>

namespace ck::dhcp6 {

namespace {

TimePoint after(TimePoint start, uint32_t seconds) {
  if (seconds == kInfiniteSeconds) return kNever;
  return start + std::chrono::seconds(seconds);
}

TimePoint last_end(const Lease& lease) {
  TimePoint end = from_ms(0);
  for (const LeasedAddress& one : lease.addresses) end = std::max(end, one.valid_until);
  return end;
}

// The shortest lifetime that is left to an address: preferred, unless all are deprecated already.
TimePoint shortest_life(const Lease& lease, TimePoint start) {
  TimePoint preferred = kNever;
  TimePoint valid = kNever;
  bool some = false;
  for (const LeasedAddress& one : lease.addresses) {
    valid = std::min(valid, one.valid_until);
    if (one.preferred_until <= start) continue;
    some = true;
    preferred = std::min(preferred, one.preferred_until);
  }
  return some ? preferred : valid;
}

// RFC 9915 21.4: T1 and T2 of 0 are for the client to choose, 0.5 and 0.8 of the shortest preferred lifetime. So are
// those that would come after the lease's end.
void set_times(Lease& lease, const Association& association, TimePoint start) {
  lease.expires_at = last_end(lease);
  TimePoint life = shortest_life(lease, start);
  TimePoint half = kNever;
  TimePoint most = kNever;
  if (life != kNever) {
    half = start + (life - start) / 2;
    most = start + (life - start) * 4 / 5;
  }
  auto given = [&](uint32_t seconds) -> std::optional<TimePoint> {
    TimePoint time = after(start, seconds);
    if (seconds == 0 || (time != kNever && time >= lease.expires_at)) return std::nullopt;
    return time;
  };
  auto t1 = given(association.t1_seconds);
  auto t2 = given(association.t2_seconds);
  lease.rebind_at = t2.value_or(std::max(most, t1.value_or(most)));
  lease.renew_at = t1.value_or(std::min(half, lease.rebind_at));
  TimePoint least = start + kLeastRenewal;
  lease.renew_at = std::min(std::max(lease.renew_at, least), lease.expires_at);
  lease.rebind_at = std::min(std::max(lease.rebind_at, lease.renew_at), lease.expires_at);
}

}  // namespace

bool Lease::has(const Ipv6Address& address) const {
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const LeasedAddress& one) { return one.address == address; });
}

Information make_information(const Reply& reply, const Ipv6Address& from, TimePoint start, Refresh refresh) {
  Information information{.dns = reply.dns,
                          .search = reply.search,
                          .ntp = reply.ntp.empty() ? reply.sntp : reply.ntp,
                          .since = start,
                          .refresh_at = kNever,
                          .server_address = from};
  if (refresh == Refresh::No) return information;
  if (!reply.refresh_seconds)
    information.refresh_at = start + kRefreshDefault;
  else if (*reply.refresh_seconds != kInfiniteSeconds)
    information.refresh_at = start + std::max<Duration>(std::chrono::seconds(*reply.refresh_seconds), kLeastRefresh);
  return information;
}

std::optional<Lease> make_lease(const Lease* before, const Reply& reply, const Association& association,
                                const Ipv6Address& from, TimePoint start, TimePoint now) {
  Lease lease;
  if (before != nullptr) lease.addresses = before->addresses;
  bool lives = false;
  for (const GivenAddress& given : association.addresses) {
    LeasedAddress one{.address = given.address,
                      .preferred_until = after(start, given.preferred_seconds),
                      .valid_until = after(start, given.valid_seconds)};
    remove_address(lease, given.address);
    if (one.valid_until <= now) continue;
    if (lease.addresses.full()) lease.addresses.erase(0);  // the oldest makes room for what the server gives now
    (void)lease.addresses.push_back(one);
    lives = true;
  }
  if (!lives || !reply.server) return std::nullopt;
  remove_expired(lease, now);
  lease.server = *reply.server;
  lease.server_address = from;
  lease.start = start;
  lease.information = make_information(reply, from, start, Refresh::No);
  set_times(lease, association, start);
  return lease;
}

bool remove_expired(Lease& lease, TimePoint now) {
  size_t before = lease.addresses.size();
  for (size_t i = before; i > 0; --i)
    if (lease.addresses[i - 1].valid_until <= now) lease.addresses.erase(i - 1);
  return lease.addresses.size() != before;
}

bool remove_address(Lease& lease, const Ipv6Address& address) {
  for (size_t i = 0; i < lease.addresses.size(); ++i) {
    if (lease.addresses[i].address != address) continue;
    lease.addresses.erase(i);
    if (!lease.addresses.empty()) {
      lease.expires_at = last_end(lease);
      lease.rebind_at = std::min(lease.rebind_at, lease.expires_at);
      lease.renew_at = std::min(lease.renew_at, lease.rebind_at);
    }
    return true;
  }
  return false;
}

}  // namespace ck::dhcp6
