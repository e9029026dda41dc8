// SPDX-License-Identifier: MIT
// The last log messages in a piece of memory of fixed size: each has a number, counted from 1, and the oldest go when
// room is needed. Whoever reads has a Cursor of his own, which is a number and a place: nothing is copied or kept for
// him, and when the ring has overtaken him he learns how many he has lost, by severity. Entries that it gives out point
// into its memory: they hold until the next append().
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "wire/syslog/outgoing.h"

namespace ck::logring {

inline constexpr size_t kMaxText = 2048;      // bytes of a message's text; what is longer is cut
inline constexpr size_t kMinRing = 8 * 1024;  // several of the largest entries
inline constexpr size_t kMaxRing = 16 << 20;

struct Entry {
  uint64_t sequence = 0;  // given by the ring
  int64_t utc_ms = 0;
  TimePoint at;  // since the boot
  syslog::Priority priority;
  uint32_t pid = 0;  // 0: not known
  std::string_view program, message_id, text;
};

// How many of each severity.
using Tally = std::array<uint64_t, syslog::kSeverities>;

struct Cursor {
  uint64_t sequence = 1;  // of the next entry to read
  size_t place = 0;
  Tally passed{};  // of all entries before it, read or lost
};

class Ring {
 public:
  // `memory` is kMinRing to kMaxRing bytes, and outlives it.
  explicit Ring(MutableBytes memory);

  // Keeps a copy; `sequence` of the argument is not used. Text is cut at kMaxText, names at their own bounds.
  void append(const Entry& entry);

  uint64_t first() const { return first_; }  // the oldest that is there; next() when there is none
  uint64_t next() const { return next_; }    // what the next one will be
  const Tally& appended() const { return appended_; }
  const Tally& dropped() const { return dropped_; }  // overwritten since the start

  struct Read {
    std::optional<Entry> entry;  // nothing: there is none yet
    Tally lost{};                // overwritten before the cursor came to them
  };
  // The entry at the cursor, which then stands behind it.
  Read read(Cursor& cursor) const;

  // At the oldest entry, with all before it as passed.
  Cursor oldest() const { return {.sequence = first_, .place = tail_, .passed = dropped_}; }
  // At entry number `sequence`, or the nearest that there is. Takes a walk over the ring.
  Cursor seek(uint64_t sequence) const;

 private:
  struct Header;
  Header header_at(size_t place) const;
  size_t normal(size_t place) const;
  void drop_oldest();

  MutableBytes memory_;
  size_t head_ = 0;  // where the next entry goes
  size_t tail_ = 0;  // where the oldest is
  uint64_t first_ = 1;
  uint64_t next_ = 1;
  Tally appended_{};
  Tally dropped_{};
};

// What a message is about, as a name that stays the same from release to release: that which RFC 5424 gives it, else
// the leading word of a text that goes on with a `key=value` ("connection at=... verdict=..." is a `connection`), of
// lower-case letters, digits, '-' and '_', not longer than 32. Empty where there is neither: prose has no id.
std::string_view message_id_of(std::string_view given, std::string_view text);

}  // namespace ck::logring
