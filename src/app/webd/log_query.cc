// SPDX-License-Identifier: MIT
#include "app/webd/log_query.h"

#include "base/text.h"
#include "sys/errno.h"
#include "sys/local_client.h"
#include "sys/publish.h"
#include "sys/socket.h"

namespace ck::webd {

namespace {

constexpr unsigned kReadsEachTurn = 8;

}  // namespace

Result<void> LogQuery::start(sys::EventLoop& loop, uint64_t since, web::Body& out, Done done) {
  fd_ = CK_TRY(sys::connect_local(sys::run_path("logd", "read").view().data()));
  out_ = &out;
  lines_.restart();
  done_ = std::move(done);
  char question[32];
  TextWriter text(question);
  text.put("since=").number(since).put('\n');
  // So few bytes fit into the buffer of a new connection.
  auto sent = sys::send_some(fd_.get(), as_bytes(text.view()));
  auto watched = sent ? watch_.start(loop, fd_.get(), {.readable = true}, [this](sys::Events) { on_event(); })
                      : Result<void>(std::unexpected(sent.error()));
  if (!watched) stop();
  return watched;
}

void LogQuery::stop() {
  watch_.stop();
  fd_.reset();
}

void LogQuery::on_event() {
  std::array<uint8_t, 8 * 1024> buffer;
  for (unsigned i = 0; i < kReadsEachTurn; ++i) {
    auto count = sys::receive_some(fd_.get(), buffer);
    if (!count && sys::would_block(count.error())) return;
    if (!count) return end(false);
    if (*count == 0) return end(true);
    lines_.feed(as_text(Bytes(buffer).first(*count)), *out_);
  }
}

void LogQuery::end(bool answered) {
  if (answered) lines_.finish(*out_);
  stop();
  auto done = std::move(done_);
  done(answered);
}

}  // namespace ck::webd
