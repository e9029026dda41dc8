// SPDX-License-Identifier: MIT
// A DNS answer over TCP as it comes: in pieces.
#pragma once

#include <algorithm>

#include "engine/resolver/tcp_exchange.h"

namespace ck::test {

// Writes `bytes` as a connection would, at most `step` at a time; how many were taken.
inline size_t feed(resolver::TcpExchange& exchange, Bytes bytes, size_t step) {
  size_t taken = 0;
  while (taken < bytes.size()) {
    MutableBytes room = exchange.room();
    size_t count = std::min({step, room.size(), bytes.size() - taken});
    if (count == 0) break;
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(taken), count, room.begin());
    exchange.received(count);
    taken += count;
  }
  return taken;
}

}  // namespace ck::test
