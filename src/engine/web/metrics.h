// SPDX-License-Identifier: MIT
// The snapshot in Prometheus's text format 0.0.4 (docs/web.md has the table). Each metric is a row: from which records
// it comes, by which key, and which keys become labels. Two records with the same labels would be one sample twice: the
// first one counts.
#pragma once

#include <span>
#include <string_view>

#include "engine/web/body.h"
#include "engine/web/snapshot.h"

namespace ck::web {

enum class MetricType : uint8_t { Gauge, Counter, Histogram };
std::string_view name_of(MetricType type);

// How a sample's value comes about.
enum class Value : uint8_t {
  One,      // there is such a record
  Number,   // the key's number, times 10^-digits
  IsOneOf,  // 1 when the key's text is one of `words`, else 0; none when it is absent or "off"
  Since,    // seconds since the key's moment
  Until,    // seconds until the key's moment, not below 0
  Buckets,  // of a latency record
  Own,      // what `own` says of the snapshot as a whole
};

struct Metric {
  std::string_view name;
  MetricType type = MetricType::Gauge;
  std::string_view help;
  Value value = Value::Number;
  File file = File::Init;
  std::string_view kind;
  std::string_view key;
  uint8_t digits = 0;
  std::string_view words;  // separated by commas
  // "pool upstream=name": a label, or label=key of the record; the key "link" is an index and told as the link's name.
  std::string_view labels;
  std::optional<int64_t> (*own)(const Snapshot& snapshot) = nullptr;
};
std::span<const Metric> metrics();

// What does not fit is left out by whole samples; a comment at the end says so.
inline constexpr size_t kMetricsReserve = 64;
void write_metrics(const Snapshot& snapshot, Body& out);

}  // namespace ck::web
