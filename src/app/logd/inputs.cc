// SPDX-License-Identifier: MIT
#include "app/logd/inputs.h"

#include <algorithm>

#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/file.h"
#include "sys/local_socket.h"
#include "wire/syslog/kmsg.h"
#include "wire/syslog/local.h"

namespace ck::logd {

namespace {

constexpr unsigned kReadsEachTurn = 64;
constexpr size_t kMaxDatagram = 8192;
constexpr unsigned kModeForAll = 0666;   // who may log: every program
constexpr size_t kLargestRecord = 8192;  // the kernel's CONSOLE_EXT_LOG_MAX: it refuses to read into less
constexpr unsigned kTurnsOfAFile = 1024;

}  // namespace

Result<void> LocalInput::start(sys::EventLoop& loop, const char* path) {
  fd_ = CK_TRY(sys::bind_local_datagrams(path, kModeForAll));
  return watch_.start(loop, fd_.get(), {.readable = true}, [this](sys::Events) { (void)read(); });
}

bool LocalInput::read() {
  static std::array<uint8_t, kMaxDatagram> buffer;
  unsigned count = 0;
  for (; count < kReadsEachTurn; ++count) {
    auto datagram = sys::receive_datagram(fd_.get(), buffer);
    if (!datagram) break;
    take(datagram->bytes, datagram->is_cut);
  }
  if (count > 0) calls_.turn_ends();
  return count == kReadsEachTurn;
}

void LocalInput::take(Bytes datagram, bool is_cut) {
  ++counters_.received;
  auto message = syslog::parse_local(as_text(datagram));
  if (!message) {
    ++counters_.dropped;
    return;
  }
  if (is_cut || message->text.size() > logring::kMaxText) ++counters_.cut;
  calls_.take({.utc_ms = sys::utc_ms(),
               .at = sys::now(),
               .priority = message->priority,
               .pid = message->pid,
               .program = message->program,
               .message_id = logring::message_id_of(message->message_id, message->text),
               .text = message->text});
}

Result<void> KmsgInput::start(sys::EventLoop& loop, const char* path) {
  fd_ = CK_TRY(sys::open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  auto watched = watch_.start(loop, fd_.get(), {.readable = true}, [this](sys::Events) { (void)read(); });
  if (watched) return {};
  // A plain file cannot be watched, and need not be: all of it is there.
  for (unsigned i = 0; i < kTurnsOfAFile && read(); ++i) {
  }
  return {};
}

bool KmsgInput::read() {
  unsigned count = 0;
  for (; count < kReadsEachTurn; ++count) {
    if (buffer_.size() - used_ < kLargestRecord) {
      used_ = 0;  // a line without end
      ++counters_.dropped;
    }
    auto room = std::span(buffer_).subspan(used_);
    auto size = sys::read_some(fd_.get(), MutableBytes(reinterpret_cast<uint8_t*>(room.data()), room.size()));
    if (!size && size.error().sys_errno == EPIPE) continue;  // some were overwritten: their numbers tell how many
    if (size && *size == 0) watch_.stop();                   // only what stands in for the kernel's log has an end
    if (!size || *size == 0) break;
    used_ += *size;
    take_lines();
  }
  if (count > 0) calls_.turn_ends();
  return count == kReadsEachTurn;
}

void KmsgInput::take_lines() {
  TimePoint now = sys::now();
  int64_t utc_ms = sys::utc_ms();
  std::string_view rest(buffer_.data(), used_);
  for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
    if (end > 0 && rest[0] != ' ') take(rest.substr(0, end), now, utc_ms);
  std::copy(rest.begin(), rest.end(), buffer_.begin());
  used_ = rest.size();
}

void KmsgInput::take(std::string_view line, TimePoint now, int64_t utc_ms) {
  ++counters_.received;
  auto record = syslog::parse_kmsg(line);
  if (record && expected_ != 0 && record->sequence > expected_) counters_.dropped += record->sequence - expected_;
  if (record) expected_ = record->sequence + 1;
  char buffer[logring::kMaxText];
  TextWriter text(buffer);
  if (record) syslog::unescape_kmsg(record->text, text);
  if (text.size() == 0) {
    if (!record) ++counters_.dropped;
    return;
  }
  if (text.truncated()) ++counters_.cut;
  syslog::Tagged tagged{.program = "kernel", .text = text.view()};
  if (record->priority.facility != syslog::kFacilityKernel) tagged = syslog::split_tag(text.view());
  // When it was written, not when we come to read it: what was there before us is shown with its own time.
  TimePoint at = from_ms(static_cast<int64_t>(std::min<uint64_t>(record->microseconds / 1000, INT64_MAX)));
  at = std::min(at, now);
  calls_.take({.utc_ms = utc_ms - (now - at).count(),
               .at = at,
               .priority = record->priority,
               .pid = tagged.pid,
               .program = tagged.program,
               .message_id = logring::message_id_of({}, tagged.text),
               .text = tagged.text});
}

}  // namespace ck::logd
