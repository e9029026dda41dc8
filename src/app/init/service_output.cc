// SPDX-License-Identifier: MIT
#include "app/init/service_output.h"

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/process.h"

namespace ck::init {

namespace {

constexpr std::string_view kName = "service";
// The kernel's log holds 32 KiB, which logd reads a message at a time.
constexpr size_t kEachTurn = 8192;
constexpr Duration kPause = 20ms;
constexpr size_t kAtItsEnd = 65'536;  // of a pipe that it has made longer itself the rest is lost

void log_line(const supervise::OutputLine& line) { sys::log_for(kName, line.severity, line.text); }

}  // namespace

Result<sys::UniqueFd> ServiceOutput::open(sys::EventLoop& loop, uint32_t uid, uint32_t gid) {
  end();
  if (!has_pause_) CK_TRY(pause_.start(loop, [this] { (void)watch_.change({.readable = true}); }));
  has_pause_ = true;
  sys::Pipe pipe = CK_TRY(sys::make_output_pipe(uid, gid, kEachTurn));
  reader_ = std::move(pipe.reader);
  CK_TRY(watch_.start(loop, reader_.get(), {.readable = true}, [this](sys::Events) { on_readable(); }));
  return std::move(pipe.writer);
}

void ServiceOutput::on_readable() {
  read(kEachTurn);
  if (!watch_.is_active()) return;
  (void)watch_.change({});
  pause_.arm(sys::now() + kPause);
}

void ServiceOutput::read(size_t most) {
  for (size_t taken = 0; taken < most;) {
    auto room = lines_.room();
    auto size = sys::read_some(reader_.get(), room.first(std::min(room.size(), most - taken)));
    if (size && *size == 0) watch_.stop();  // nobody has the other end any more
    if (!size || *size == 0) return;
    taken += *size;
    lines_.filled(*size);
    while (auto line = lines_.next()) log_line(*line);
  }
}

void ServiceOutput::end() {
  if (!reader_.is_open()) return;
  read(kAtItsEnd);
  if (auto line = lines_.rest()) log_line(*line);
  watch_.stop();
  pause_.arm(kNever);
  reader_.reset();
}

}  // namespace ck::init
