// SPDX-License-Identifier: MIT
// What one source of connections may take: so many at once, and so many in a time (a token bucket). A source is an IPv4
// address or an IPv6 /64, since who has one address of it has all. Memory is fixed: a table of sets of eight, in which
// each source has two places to be, chosen by a hash with a secret, so that nobody can choose whom to push out. A
// source with open connections is never forgotten; of the others, the one longest not heard of makes room. Who finds no
// room shares one entry with all others in that case, and so the limits of one source. The caller pairs each
// SourceVerdict::Allowed with one close() of the same address. Pure: the time comes in.
#pragma once

#include <array>
#include <cstdint>

#include "base/addresses.h"
#include "base/siphash.h"
#include "base/time.h"

namespace ck::gateway {

struct SourceLimits {
  uint16_t connections = 16;  // open at once
  uint16_t burst = 40;        // connections at once from a source that was quiet
  Duration interval = 250ms;  // one more each; at least a millisecond
};

enum class SourceVerdict : uint8_t {
  Allowed,
  TooMany,  // open connections
  TooFast,  // the bucket is empty
};

class SourceTable {
 public:
  static constexpr size_t kWays = 8;
  static constexpr size_t kSets = 128;
  static constexpr size_t kCapacity = kWays * kSets;

  SourceTable(const SourceLimits& limits, RandomSource& random);

  // A refusal takes nothing from the source's bucket.
  SourceVerdict open(const IpAddress& source, TimePoint now);
  // One that is not open is ignored.
  void close(const IpAddress& source);

  // Open connections of this source that are not in the shared entry.
  uint16_t connections(const IpAddress& source) const;
  // Those in the shared entry: sources found no room while this is not 0.
  uint16_t shared_connections() const { return shared_.connections; }
  // Sources that are remembered.
  size_t size() const;

 private:
  struct Entry {
    uint64_t key = 0;   // the IPv4 address, or the upper half of the IPv6 address
    TimePoint full_at;  // when the bucket is full again, if nothing more comes
    uint32_t used = 0;  // the tick of its last open()
    uint16_t connections = 0;
    Family family = Family::V4;
    bool taken = false;
  };
  static_assert(sizeof(Entry) == 24);
  using Set = std::array<Entry, kWays>;
  struct Place {
    uint64_t key;
    Family family;
    std::array<size_t, 2> sets;
  };

  Place place_of(const IpAddress& source) const;
  const Entry* find(const Place& place) const;
  Entry* find(const Place& place);
  // The entry to use for a source that is not in the table: one that may be overwritten, or nothing.
  Entry* make_room(const Place& place);
  SourceVerdict admit(Entry& entry, TimePoint now) const;

  SourceLimits limits_;
  HashSecret secret_;
  uint32_t tick_ = 0;
  Entry shared_;
  std::array<Set, kSets> sets_{};
};

}  // namespace ck::gateway
