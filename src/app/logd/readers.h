// SPDX-License-Identifier: MIT
// Who wants to read the log asks at a Unix socket: writes `since=N` and a line end, gets the entries with numbers above
// N as records (engine/logring/report.h), and the end of the connection behind the last that was there when he asked.
// `lost count=` stands where the ring has overwritten some above N. A few readers at once, each with little time: one
// that does not read costs its place for that time, and a buffer. One too many gets `error text=`.
#pragma once

#include <array>
#include <functional>

#include "base/fixed.h"
#include "engine/logring/ring.h"
#include "sys/event_loop.h"
#include "sys/unique_fd.h"

namespace ck::logd {

class Readers {
 public:
  static constexpr size_t kMost = 8;
  Readers(sys::EventLoop& loop, const logring::Ring& ring) : loop_(loop), ring_(ring) {}
  // Errors: System, OutOfRange.
  Result<void> start(const char* path, std::function<void(TimePoint)> wake_at);
  // Sends those away whose time is over.
  void run(TimePoint now);
  TimePoint deadline() const;

 private:
  struct Reader {
    sys::UniqueFd fd;
    sys::Watch watch;
    TimePoint deadline = kNever;
    bool has_asked = false;
    FixedString<32> question;
    logring::Cursor cursor;
    uint64_t end = 0;  // the first entry that is not for him
    std::array<char, 8 * 1024> buffer;
    std::string_view out;  // what of it is yet to be sent
  };
  void accept();
  void on_event(Reader& reader);
  bool ask(Reader& reader);
  void begin(Reader& reader, std::string_view question);
  bool answer(Reader& reader);
  void fill(Reader& reader);
  void close(Reader& reader);

  sys::EventLoop& loop_;
  const logring::Ring& ring_;
  std::function<void(TimePoint)> wake_at_;
  sys::UniqueFd fd_;
  sys::Watch watch_;
  std::array<Reader, kMost> readers_;
};

}  // namespace ck::logd
