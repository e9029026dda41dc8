// SPDX-License-Identifier: MIT
#include "engine/logring/ring.h"

#include <algorithm>
#include <cstring>

#include "wire/syslog/utf8.h"

namespace ck::logring {

// Before the names and the text of each entry; whole entries are multiples of its alignment and never go around the
// end. One of size 0 says that the next entry is at the beginning.
struct Ring::Header {
  uint32_t size = 0;  // of header, names, text and padding
  uint32_t pid = 0;
  int64_t utc_ms = 0;
  int64_t at_ms = 0;
  uint16_t text = 0;
  uint8_t program = 0;
  uint8_t message_id = 0;
  uint8_t facility = 0;
  uint8_t severity = 0;
};

namespace {
constexpr size_t kAlign = 8;
constexpr size_t round_up(size_t size) { return (size + kAlign - 1) / kAlign * kAlign; }
}  // namespace

Ring::Ring(MutableBytes memory) : memory_(memory.first(memory.size() / kAlign * kAlign)) {
  if (memory.size() < kMinRing || memory.size() > kMaxRing) __builtin_trap();
}

// A mark that the entries go on at the beginning may be shorter than a header.
Ring::Header Ring::header_at(size_t place) const {
  Header header;
  std::memcpy(&header, memory_.data() + place, std::min(sizeof(header), memory_.size() - place));
  return header;
}

// Where the entry of that place is, once there is one.
size_t Ring::normal(size_t place) const {
  if (place == memory_.size() || header_at(place).size == 0) return 0;
  return place;
}

void Ring::drop_oldest() {
  Header header = header_at(tail_);
  ++dropped_[header.severity];
  ++first_;
  tail_ += header.size;
  if (first_ < next_) tail_ = normal(tail_);
}

void Ring::append(const Entry& entry) {
  std::string_view program = syslog::cut(entry.program, syslog::kMaxProgram);
  std::string_view id = syslog::cut(entry.message_id, syslog::kMaxMessageId);
  std::string_view text = syslog::cut(entry.text, kMaxText);
  size_t size = round_up(sizeof(Header) + program.size() + id.size() + text.size());

  if (memory_.size() - head_ < size) {
    // Those that lie between here and the end are the oldest; a mark takes their place.
    while (first_ < next_ && tail_ >= head_) drop_oldest();
    if (head_ < memory_.size()) {
      uint32_t mark = 0;
      std::memcpy(memory_.data() + head_, &mark, sizeof(mark));
    }
    head_ = 0;
  }
  if (first_ == next_) tail_ = head_;
  while (first_ < next_ && tail_ >= head_ && tail_ < head_ + size) drop_oldest();
  if (first_ == next_) tail_ = head_;

  Header header{.size = static_cast<uint32_t>(size),
                .pid = entry.pid,
                .utc_ms = entry.utc_ms,
                .at_ms = to_ms(entry.at),
                .text = static_cast<uint16_t>(text.size()),
                .program = static_cast<uint8_t>(program.size()),
                .message_id = static_cast<uint8_t>(id.size()),
                .facility = entry.priority.facility,
                .severity = static_cast<uint8_t>(static_cast<size_t>(entry.priority.severity) % syslog::kSeverities)};
  ByteWriter out(memory_.subspan(head_, size));
  out.bytes(Bytes(reinterpret_cast<const uint8_t*>(&header), sizeof(header)));
  out.text(program).text(id).text(text);
  head_ += size;
  ++appended_[header.severity];
  ++next_;
}

Ring::Read Ring::read(Cursor& cursor) const {
  Read result;
  if (cursor.sequence < first_) {
    for (size_t i = 0; i < result.lost.size(); ++i) result.lost[i] = dropped_[i] - cursor.passed[i];
    cursor = oldest();
  }
  if (cursor.sequence >= next_) return result;
  // The mark that led from the end of the memory to the oldest may be overwritten before the oldest is.
  cursor.place = cursor.sequence == first_ ? tail_ : normal(cursor.place);
  Header header = header_at(cursor.place);
  std::string_view names = as_text(memory_.subspan(cursor.place + sizeof(Header), header.size - sizeof(Header)));
  result.entry = Entry{.sequence = cursor.sequence,
                       .utc_ms = header.utc_ms,
                       .at = from_ms(header.at_ms),
                       .priority = {header.facility, static_cast<syslog::Severity>(header.severity)},
                       .pid = header.pid,
                       .program = names.substr(0, header.program),
                       .message_id = names.substr(header.program, header.message_id),
                       .text = names.substr(size_t{header.program} + header.message_id, header.text)};
  cursor.place += header.size;
  ++cursor.sequence;
  ++cursor.passed[header.severity];
  return result;
}

Cursor Ring::seek(uint64_t sequence) const {
  Cursor cursor = oldest();
  while (cursor.sequence < std::min(sequence, next_)) (void)read(cursor);
  return cursor;
}

std::string_view message_id_of(std::string_view given, std::string_view text) {
  if (!given.empty()) return given.substr(0, syslog::kMaxMessageId);
  auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  auto belongs = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0 || blank > syslog::kMaxMessageId || !is_letter(text[0])) return {};
  if (!std::ranges::all_of(text.substr(0, blank), belongs)) return {};
  std::string_view rest = text.substr(blank + 1);
  size_t end = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_"), rest.size());
  if (end == 0 || end == rest.size() || rest[end] != '=') return {};
  return text.substr(0, blank);
}

}  // namespace ck::logring
