// SPDX-License-Identifier: MIT
#include "engine/logring/learnt.h"

#include <algorithm>

#include "wire/state/record.h"

namespace ck::logring {

FixedVector<IpAddress, kMaxLearnt> read_log_servers(std::string_view netd_state) {
  FixedVector<IpAddress, kMaxLearnt> servers;
  state::RecordReader records(netd_state);
  while (auto record = records.next()) {
    if (record->kind() != "log-server") continue;
    auto address = parse_ip(record->text<64>("address"));
    if (!address || address->is_unspecified()) continue;
    if (address->family == Family::V4 && (address->v4.is_multicast() || address->v4.is_broadcast())) continue;
    if (address->family == Family::V6 && (address->v6.is_multicast() || address->v6.is_link_local())) continue;
    if (std::find(servers.begin(), servers.end(), *address) == servers.end()) (void)servers.push_back(*address);
  }
  return servers;
}

}  // namespace ck::logring
