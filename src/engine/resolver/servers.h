// SPDX-License-Identifier: MIT
// DNS servers, and what is remembered of them from one question to the next: which of them answered with another letter
// case than they were asked with. A value; it holds nothing that time does not take away again.
#pragma once

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

inline constexpr Duration kPlainFor = 1h;  // a server that does not keep the case is tried again after

class ServerMemory {
 public:
  void changed_case(const Server& server, TimePoint now);
  bool keeps_case(const Server& server, TimePoint now) const;
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    Server server;
    TimePoint plain_until{};
  };
  Entry* entry(const Server& server);
  const Entry* find(const Server& server) const;

  FixedVector<Entry, kMaxServers> entries_;
};

}  // namespace ck::resolver
