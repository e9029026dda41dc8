// SPDX-License-Identifier: MIT
#include "engine/logring/report.h"

#include <algorithm>

#include "base/text.h"
#include "wire/syslog/utf8.h"

namespace ck::logring {

namespace {

int64_t as_number(uint64_t value) { return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX)); }

// Bytes that the record of an entry takes at most, its numbers included: each byte of text may become three.
size_t size_of(const Entry& entry) {
  constexpr size_t kFixed = 100;
  size_t size = kFixed + entry.program.size() * 3;
  for (char character : syslog::cut(entry.text, kShownText))
    size += character > 0x20 && character < 0x7f && character != '%' ? 1 : 3;
  return size;
}

using Place = FixedString<264>;

// As it was given, with its port: what it is known by, wherever it is.
Place place_of(const TargetSpec& spec) {
  if (spec.name.empty()) return Place(to_text(spec.address, spec.port).view());
  char port[8];
  Place text(spec.name);
  text.append(':');
  text.append(TextWriter(port).number(spec.port).view());
  return text;
}

// Why it gets nothing; of one that was given by name perhaps that it cannot be found.
std::string_view error_of(const Target& target, const resolver::Names& names) {
  const TargetSpec& spec = target.spec();
  for (size_t i = 0; i < names.size(); ++i)
    if (!target.has_address() && names.endpoint(i).name == spec.name && names.endpoint(i).port == spec.port)
      return names.error(i);
  return target.error();
}

void write_target(const TargetView& view, const resolver::Names& names, state::RecordWriter& out) {
  const Target& target = *view.target;
  const TargetSpec& spec = target.spec();
  out.begin("target").field("kind", name_of(spec.transport));
  out.field("address", place_of(spec));
  if (!spec.name.empty())
    out.field("resolved", target.has_address() ? to_text(spec.address).view() : std::string_view());
  out.field("format", name_of(spec.format)).field("source", view.is_learnt ? "dhcp" : "static");
  out.field("state", name_of(target.state())).field("since-ms", to_ms(target.since()));
  out.field("queued", as_number(target.queued())).field("sent", as_number(target.sent()));
  out.field("dropped", as_number(target.dropped())).field("error", error_of(target, names));
  (void)out.end();
}

// What is looked for, where, and what came of it.
void write_lookup(const resolver::Names& names, size_t index, state::RecordWriter& out) {
  const resolver::Query& query = names.query(index);
  bool waits = query.state() == resolver::QueryState::Wait;
  bool is_v4 = query.question().type == dns::Type::A;
  out.begin("lookup").field("name", names.endpoint(index).name).field("type", is_v4 ? "A" : "AAAA");
  out.field("server", query.has_server() ? to_text(query.server().address).view() : std::string_view());
  out.field("state", waits ? "pending" : names.error(index).empty() ? "ok" : "failed");
  (void)out.field("error", names.error(index)).end();
}

// As many of the last as there is room for, the oldest first.
void write_lines(const Ring& ring, size_t room, state::RecordWriter& out) {
  uint64_t begin = ring.next() > kShownLines ? ring.next() - kShownLines : 1;
  FixedVector<Entry, kShownLines> lines;
  for (Cursor cursor = ring.seek(begin); auto entry = ring.read(cursor).entry;) (void)lines.push_back(*entry);
  size_t first = lines.size();
  for (size_t used = 0; first > 0; --first) {
    used += size_of(lines[first - 1]);
    if (used > room) break;
  }
  for (; first < lines.size(); ++first) {
    const Entry& entry = lines[first];
    out.begin("line").field("seq", as_number(entry.sequence)).field("utc-ms", entry.utc_ms);
    out.field("severity", syslog::name_of(entry.priority.severity)).field("program", entry.program);
    out.field("text", syslog::cut(entry.text, kShownText));
    (void)out.end();
  }
}

}  // namespace

FixedString<320> host_text(const TargetSpec& spec) {
  FixedString<320> text(place_of(spec));
  if (spec.name.empty() || spec.address.is_unspecified()) return text;
  text.append(" (");
  text.append(to_text(spec.address));
  text.append(')');
  return text;
}

void write_report(const Ring& ring, size_t ring_bytes, std::span<const SourceCounters> sources,
                  std::span<const TargetView> targets, const resolver::Names& names, state::RecordWriter& out) {
  uint64_t overwritten = 0;
  for (uint64_t count : ring.dropped()) overwritten += count;
  uint64_t received = 0;
  uint64_t dropped = 0;
  for (const SourceCounters& source : sources) {
    received += source.received;
    dropped += source.dropped;
  }
  out.begin("logs").field("received", as_number(received)).field("dropped", as_number(dropped));
  out.field("ring-bytes", as_number(ring_bytes)).field("first-seq", as_number(ring.first()));
  out.field("next-seq", as_number(ring.next())).field("overwritten", as_number(overwritten));
  (void)out.end();
  for (const SourceCounters& source : sources) {
    out.begin("source").field("name", source.name).field("received", as_number(source.received));
    out.field("dropped", as_number(source.dropped)).field("cut", as_number(source.cut)).field("error", source.error);
    (void)out.end();
  }
  for (const TargetView& view : targets) write_target(view, names, out);
  for (size_t i = 0; i < names.size(); ++i)
    if (!names.endpoint(i).address) write_lookup(names, i, out);
  if (targets.empty()) {
    out.begin("warning").field("text",
                               "no log server is set: the log is kept in memory alone and ends with the machine");
    (void)out.end();
  }
  constexpr size_t kSpare = 64;
  write_lines(ring, state::kMaxFile - out.view().size() - kSpare, out);
}

bool write_entry(const Entry& entry, state::RecordWriter& out) {
  out.begin("entry").field("seq", as_number(entry.sequence)).field("utc-ms", entry.utc_ms);
  out.field("monotonic-ms", to_ms(entry.at)).field("severity", syslog::name_of(entry.priority.severity));
  out.field("facility", static_cast<int64_t>(entry.priority.facility)).field("program", entry.program);
  if (entry.pid != 0) out.field("pid", static_cast<int64_t>(entry.pid));
  if (!entry.message_id.empty()) out.field("id", entry.message_id);
  return out.field("text", entry.text).end();
}

}  // namespace ck::logring
