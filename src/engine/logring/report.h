// SPDX-License-Identifier: MIT
// What logd publishes and what it answers to readers, as records (wire/state/record.h; ARCHITECTURE.md lists the keys).
#pragma once

#include <span>

#include "engine/logring/target.h"
#include "engine/resolver/names.h"
#include "wire/state/record.h"

namespace ck::logring {

// Whence messages came: two sources, and why some did not become entries.
struct SourceCounters {
  std::string_view name;   // "log" (/dev/log) or "kmsg"
  std::string_view error;  // empty: it is read
  uint64_t received = 0;   // datagrams or records
  uint64_t dropped = 0;    // malformed or empty, and what the kernel has overwritten before it was read
  uint64_t cut = 0;        // longer than a text may be: only the beginning is there
};

struct TargetView {
  const Target* target = nullptr;
  bool is_learnt = false;
};

// "192.0.2.9:514", "logs.example.org:514 (192.0.2.9)", or without an address while it is not known.
FixedString<320> host_text(const TargetSpec& spec);

inline constexpr size_t kShownLines = 40;
inline constexpr size_t kShownText = 320;  // bytes of each of these

void write_report(const Ring& ring, size_t ring_bytes, std::span<const SourceCounters> sources,
                  std::span<const TargetView> targets, const resolver::Names& names, state::RecordWriter& out);

// `entry seq= utc-ms= monotonic-ms= severity= facility= program= pid= id= text=`. False when it did not fit.
bool write_entry(const Entry& entry, state::RecordWriter& out);

}  // namespace ck::logring
