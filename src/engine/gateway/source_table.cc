// SPDX-License-Identifier: MIT
#include "engine/gateway/source_table.h"

#include <algorithm>
#include <utility>

namespace ck::gateway {

SourceTable::SourceTable(const SourceLimits& limits, RandomSource& random)
    : limits_(limits), secret_(HashSecret::draw(random)) {}

SourceTable::Place SourceTable::place_of(const IpAddress& source) const {
  IpAddress plain = without_mapping(source);
  uint64_t key = plain.v4.value;
  if (plain.family == Family::V6) key = *ByteReader(plain.v6.octets).u64();
  std::array<uint8_t, 9> bytes;
  ByteWriter(bytes).u64(key).u8(plain.family == Family::V6 ? 1 : 0);
  uint64_t hash = siphash(secret_, bytes);
  return {key, plain.family, {hash % kSets, (hash >> 32) % kSets}};
}

const SourceTable::Entry* SourceTable::find(const Place& place) const {
  for (size_t index : place.sets)
    for (const Entry& entry : sets_[index])
      if (entry.taken && entry.key == place.key && entry.family == place.family) return &entry;
  return nullptr;
}

SourceTable::Entry* SourceTable::find(const Place& place) {
  return const_cast<Entry*>(std::as_const(*this).find(place));  // NOLINT: the table is not const here
}

SourceTable::Entry* SourceTable::make_room(const Place& place) {
  Entry* best = nullptr;
  size_t best_pinned = kWays;
  // How long ago, in ticks: right across the counter's wrap. A place never taken is older than all.
  auto age = [&](const Entry& entry) { return entry.taken ? uint64_t{tick_ - entry.used} : UINT64_MAX; };
  for (size_t index : place.sets) {
    size_t pinned = 0;
    Entry* oldest = nullptr;
    for (Entry& entry : sets_[index]) {
      if (entry.connections > 0) {
        ++pinned;
      } else if (oldest == nullptr || age(entry) > age(*oldest)) {
        oldest = &entry;
      }
    }
    if (oldest == nullptr) continue;
    // The set with fewer that cannot go is taken, so that none fills up long before the others.
    if (best == nullptr || pinned < best_pinned || (pinned == best_pinned && age(*oldest) > age(*best))) {
      best = oldest;
      best_pinned = pinned;
    }
  }
  return best;
}

// The bucket is kept as the time at which it is full again: each connection moves that one interval on, and it may be
// at most `burst` intervals ahead.
SourceVerdict SourceTable::admit(Entry& entry, TimePoint now) const {
  if (entry.connections >= limits_.connections) return SourceVerdict::TooMany;
  TimePoint full_at = std::max(entry.full_at, now) + limits_.interval;
  if (full_at - now > limits_.interval * limits_.burst) return SourceVerdict::TooFast;
  entry.full_at = full_at;
  ++entry.connections;
  return SourceVerdict::Allowed;
}

SourceVerdict SourceTable::open(const IpAddress& source, TimePoint now) {
  ++tick_;
  Place place = place_of(source);
  Entry* entry = find(place);
  if (entry == nullptr) {
    entry = make_room(place);
    if (entry == nullptr) return admit(shared_, now);
    *entry = {.key = place.key, .full_at = now, .used = tick_, .connections = 0, .family = place.family, .taken = true};
  }
  entry->used = tick_;  // of a refused one too: who insists is not forgotten for it
  return admit(*entry, now);
}

// A source may have connections in its own entry and in the shared one, when room was found later. Which of them ends
// first does not matter: both counts come out right.
void SourceTable::close(const IpAddress& source) {
  Entry* entry = find(place_of(source));
  if (entry == nullptr || entry->connections == 0) entry = &shared_;
  if (entry->connections > 0) --entry->connections;
}

uint16_t SourceTable::connections(const IpAddress& source) const {
  const Entry* entry = find(place_of(source));
  return entry != nullptr ? entry->connections : 0;
}

size_t SourceTable::size() const {
  size_t count = 0;
  for (const Set& set : sets_)
    count += static_cast<size_t>(std::ranges::count_if(set, [](const Entry& entry) { return entry.taken; }));
  return count;
}

}  // namespace ck::gateway
