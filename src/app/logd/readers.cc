// SPDX-License-Identifier: MIT
#include "app/logd/readers.h"

#include <algorithm>

#include "engine/logring/report.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/local_socket.h"
#include "sys/socket.h"

namespace ck::logd {

namespace {

constexpr Duration kPatience = 2s;
constexpr unsigned kModeOfGroup = 0660;
constexpr int kBacklog = 16;
constexpr unsigned kAcceptsEachTurn = 16;
constexpr std::string_view kBusy = "error text=too%20many%20readers\n";
constexpr std::string_view kWrongQuestion = "error text=not%20since=N\n";

// What is closed with something unread is reset, and the last that was said there is lost.
void discard_input(int fd) {
  std::array<uint8_t, 512> buffer;
  (void)sys::receive_some(fd, buffer);
}

}  // namespace

Result<void> Readers::start(const char* path, std::function<void(TimePoint)> wake_at) {
  wake_at_ = std::move(wake_at);
  fd_ = CK_TRY(sys::listen_local(path, kModeOfGroup, kBacklog));
  return watch_.start(loop_, fd_.get(), {.readable = true}, [this](sys::Events) { accept(); });
}

void Readers::accept() {
  for (unsigned i = 0; i < kAcceptsEachTurn; ++i) {
    auto fd = sys::accept_local(fd_.get());
    if (!fd) return;
    auto place = std::ranges::find_if(readers_, [](const Reader& reader) { return !reader.fd.is_open(); });
    if (place == readers_.end()) {
      (void)sys::send_some(fd->get(), as_bytes(kBusy));
      discard_input(fd->get());
      continue;
    }
    Reader& reader = *place;
    reader.fd = std::move(*fd);
    reader.deadline = sys::now() + kPatience;
    reader.has_asked = false;
    reader.question.clear();
    reader.out = {};
    reader.end = 0;
    auto watched = reader.watch.start(
        loop_, reader.fd.get(), {.readable = true, .writable = true},
        [this, &reader](sys::Events) { on_event(reader); }, sys::Trigger::Edge);
    if (!watched) close(reader);
    wake_at_(reader.deadline);
  }
}

void Readers::on_event(Reader& reader) {
  if (!reader.has_asked && !ask(reader)) return;
  if (reader.has_asked && !answer(reader)) close(reader);
}

// False when the reader is gone, or has not yet said all.
bool Readers::ask(Reader& reader) {
  while (!reader.has_asked) {
    std::array<uint8_t, decltype(reader.question)::capacity()> buffer;
    auto count = sys::receive_some(reader.fd.get(), buffer);
    if (!count && sys::would_block(count.error())) return false;
    if (!count || *count == 0) {
      close(reader);
      return false;
    }
    bool fits = reader.question.append(as_text(Bytes(buffer).first(*count)));
    size_t end = reader.question.view().find('\n');
    if (end == std::string_view::npos && fits) continue;
    begin(reader, reader.question.view().substr(0, end));
  }
  return true;
}

void Readers::begin(Reader& reader, std::string_view question) {
  constexpr std::string_view kKey = "since=";
  auto since = question.starts_with(kKey) ? parse_u64(question.substr(kKey.size())) : std::nullopt;
  reader.has_asked = true;
  if (!since) {
    reader.out = kWrongQuestion;
    return;
  }
  reader.end = ring_.next();
  uint64_t wanted = *since < reader.end ? *since + 1 : reader.end;
  reader.cursor = ring_.seek(wanted);
  reader.cursor.sequence = wanted;  // before the first: fill() tells what is lost
}

void Readers::fill(Reader& reader) {
  state::RecordWriter out(reader.buffer);
  while (reader.cursor.sequence < reader.end) {
    if (reader.cursor.sequence < ring_.first()) {
      uint64_t lost = std::min(ring_.first(), reader.end) - reader.cursor.sequence;
      if (!out.begin("lost").field("count", static_cast<int64_t>(lost)).end()) break;
      reader.cursor = ring_.oldest();
      continue;
    }
    logring::Cursor behind = reader.cursor;
    auto entry = ring_.read(behind).entry;
    if (!entry || !logring::write_entry(*entry, out)) break;
    reader.cursor = behind;
  }
  reader.out = out.view();
}

// False when all is said, or nobody hears it.
bool Readers::answer(Reader& reader) {
  for (;;) {
    if (reader.out.empty()) fill(reader);
    if (reader.out.empty()) return false;
    auto count = sys::send_some(reader.fd.get(), as_bytes(reader.out));
    if (!count) return sys::would_block(count.error());
    reader.out.remove_prefix(*count);
  }
}

void Readers::close(Reader& reader) {
  reader.watch.stop();
  if (reader.fd.is_open()) discard_input(reader.fd.get());
  reader.fd.reset();
  reader.deadline = kNever;
}

void Readers::run(TimePoint now) {
  for (Reader& reader : readers_)
    if (reader.deadline <= now) close(reader);
}

TimePoint Readers::deadline() const {
  TimePoint least = kNever;
  for (const Reader& reader : readers_) least = std::min(least, reader.deadline);
  return least;
}

}  // namespace ck::logd
