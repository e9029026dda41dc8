// SPDX-License-Identifier: MIT
#include "engine/web/metrics.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "engine/gateway/latency_histogram.h"
#include "wire/state/search.h"

namespace ck::web {

namespace {

// "is one of": for the flags of a link, any of the texts separated by commas.
bool has_common_word(std::string_view text, std::string_view words) {
  Splitter parts(text, ',');
  while (auto part = parts.next()) {
    Splitter wanted(words, ',');
    while (auto word = wanted.next())
      if (*part == *word) return true;
  }
  return false;
}

struct Label {
  std::string_view name;
  std::string_view key;
};

template <typename Visit>
void for_each_label(const Metric& metric, Visit visit) {
  if (metric.labels.empty()) return;
  Splitter labels(metric.labels, ' ');
  while (auto label = labels.next()) {
    size_t equals = label->find('=');
    visit(Label{label->substr(0, equals), equals == std::string_view::npos ? *label : label->substr(equals + 1)});
  }
}

class Writer {
 public:
  Writer(const Snapshot& snapshot, Body& out) : snapshot_(snapshot), out_(out) {}

  void write(const Metric& metric) {
    metric_ = &metric;
    started_ = false;
    if (metric.value == Value::Own) {
      if (auto value = metric.own(snapshot_)) sample(nullptr, "", {}, *value, metric.digits);
      return;
    }
    bool known = metric.file != File::Gatewayd || gateway_record(snapshot_);
    if (!known) return;
    state::for_each(snapshot_.file(metric.file), metric.kind, [&](const state::Record& record) {
      if (is_first(record)) write_record(record);
    });
  }

 private:
  // The labels name the record: a second one of the same name would be the same sample twice. Values are compared as
  // they are written, since each text is written in one way only.
  bool is_first(const state::Record& record) const {
    state::RecordReader reader(snapshot_.file(metric_->file));
    while (auto other = reader.next()) {
      if (other->kind().data() == record.kind().data()) return true;
      if (other->kind() == metric_->kind && have_same_labels(*other, record)) return false;
    }
    return true;
  }

  bool have_same_labels(const state::Record& one, const state::Record& other) const {
    bool same = true;
    for_each_label(*metric_, [&](const Label& label) {
      same = same && one.raw(label.key).value_or("") == other.raw(label.key).value_or("");
    });
    return same;
  }

  void write_record(const state::Record& record) {
    const Metric& metric = *metric_;
    auto number = number_of(record, metric.key);
    switch (metric.value) {
      case Value::One: return sample(&record, "", {}, 1, 0);
      case Value::Number:
        if (number && (*number >= 0 || metric.type == MetricType::Gauge))
          sample(&record, "", {}, *number, metric.digits);
        return;
      case Value::IsOneOf: {
        auto text = record.text<256>(metric.key);
        if (!text.empty() && text != "off") sample(&record, "", {}, has_common_word(text, metric.words) ? 1 : 0, 0);
        return;
      }
      case Value::Since:
        if (number) sample(&record, "", {}, std::max<int64_t>(to_ms(snapshot_.now) - *number, 0), 3);
        return;
      case Value::Until:
        if (number) sample(&record, "", {}, std::max<int64_t>(*number - to_ms(snapshot_.now), 0), 3);
        return;
      case Value::Buckets: return write_buckets(record);
      case Value::Own: return;
    }
  }

  void write_buckets(const state::Record& record) {
    auto count = number_of(record, "count");
    auto sum = number_of(record, "sum-ms");
    if (!count || !sum) return;
    for (Duration bound : gateway::LatencyHistogram::kBounds) {
      char key[16];
      TextWriter name(key);
      name.put("le-").number(static_cast<uint64_t>(bound.count()));
      char text[16];
      Body le(text);
      le.scaled(bound.count(), 3);
      if (auto below = number_of(record, name.view())) sample(&record, "_bucket", le.view(), *below, 0);
    }
    sample(&record, "_bucket", "+Inf", *count, 0);
    sample(&record, "_sum", {}, *sum, 3);
    sample(&record, "_count", {}, *count, 0);
  }

  void sample(const state::Record* record, std::string_view suffix, std::string_view le, int64_t value,
              unsigned digits) {
    bool whole = out_.attempt([&] {
      if (!started_) put_heading();
      out_.put(metric_->name).put(suffix);
      std::string_view before = "{";
      if (record != nullptr) {
        for_each_label(*metric_, [&](const Label& label) {
          out_.put(std::exchange(before, ",")).put(label.name).put("=\"");
          put_value(*record, label);
          out_.put("\"");
        });
      }
      if (!le.empty()) out_.put(std::exchange(before, ",")).put("le=\"").put(le).put("\"");
      out_.put(before == "," ? "} " : " ").scaled(value, digits).put("\n");
    });
    started_ = started_ || whole;
  }

  void put_heading() {
    out_.put("# HELP ").put(metric_->name).put(" ").put(metric_->help).put("\n");
    out_.put("# TYPE ").put(metric_->name).put(" ").put(name_of(metric_->type)).put("\n");
  }

  void put_value(const state::Record& record, const Label& label) {
    auto text = record.text<512>(label.key);
    if (label.key == "link")
      if (auto link = state::find(snapshot_.file(File::Netd), "link", "index", text)) text = link->text<512>("name");
    out_.put_label(text);
  }

  const Snapshot& snapshot_;
  Body& out_;
  const Metric* metric_ = nullptr;
  bool started_ = false;  // its heading stands
};

}  // namespace

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::Gauge: return "gauge";
    case MetricType::Counter: return "counter";
    case MetricType::Histogram: return "histogram";
  }
  return "";
}

void write_metrics(const Snapshot& snapshot, Body& out) {
  Writer writer(snapshot, out);
  for (const Metric& metric : metrics()) writer.write(metric);
  if (out.was_cut()) out.frame("# cut: not everything fits\n");
}

}  // namespace ck::web
