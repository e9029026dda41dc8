// SPDX-License-Identifier: MIT
// DNS servers, and what is remembered of them from one question to the next: which failed lately, and are asked after
// the others for a while, and which answered in another letter case than they were asked in. A value; it holds nothing
// that time does not take away again.
#pragma once

#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"
#include "base/time.h"

namespace ck::resolver {

struct Server {
  IpAddress address;
  uint32_t scope = 0;
  friend bool operator==(const Server&, const Server&) = default;
};

inline constexpr size_t kMaxServers = 6;
using Servers = FixedVector<Server, kMaxServers>;

inline constexpr Duration kLastFor = 60s;  // a server that failed is asked after the others
inline constexpr Duration kPlainFor = 1h;  // a server that does not keep the case is tried again after

// Those that netd publishes (`dns link= address=`), each once.
Servers read_servers(std::string_view netd_state);

class ServerMemory {
 public:
  // Did not answer, or with an error; and answered well.
  void failed(const Server& server, TimePoint now);
  void answered(const Server& server);
  // Those that failed lately after the others; apart from that the order stays.
  Servers in_order(const Servers& servers, TimePoint now) const;

  void changed_case(const Server& server, TimePoint now);
  bool keeps_case(const Server& server, TimePoint now) const;
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    Server server;
    TimePoint last_until{};
    TimePoint plain_until{};
  };
  Entry* entry(const Server& server);
  const Entry* find(const Server& server) const;

  FixedVector<Entry, kMaxServers> entries_;
};

}  // namespace ck::resolver
