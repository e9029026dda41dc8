// SPDX-License-Identifier: MIT
#include "app/webd/content.h"

#include "base/text.h"
#include "engine/web/json.h"
#include "engine/web/metrics.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/publish.h"

namespace ck::webd {

namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";

}  // namespace

void Content::read(TimePoint now) {
  if (now < read_ + kFresh) return;
  read_ = now;
  for (size_t i = 0; i < web::kFiles; ++i)
    snapshot_.files[i] = sys::read_published(web::kFileNames[i], "state", (*buffers_)[i]).value_or(std::string_view());
  char meminfo[4096];
  if (auto text = sys::read_file("/proc/meminfo", meminfo)) snapshot_.memory = status::read_memory(*text);
}

Answer Content::answer(std::string_view path, const web::Counters& counters, TimePoint now, std::span<char> buffer) {
  read(now);
  snapshot_.web = counters;
  snapshot_.now = now;
  snapshot_.utc_ms = sys::utc_ms();
  if (path == "/") {
    web::Body body(buffer.first(web::kMaxPage), web::kPageReserve);
    web::write_page(snapshot_, body);
    return {.content_type = "text/html; charset=utf-8", .text = body.view(), .style_source = style_source_};
  }
  if (path == "/status.json") {
    web::Body body(buffer, web::kJsonReserve);
    web::write_json(snapshot_, body);
    return {.content_type = "application/json", .text = body.view()};
  }
  if (path == "/metrics") {
    web::Body body(buffer, web::kMetricsReserve);
    web::write_metrics(snapshot_, body);
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .text = body.view()};
  }
  if (path == "/tpm-event-log") {
    if (auto log = sys::read_published("config", "tpm-event-log", buffer))
      return {.content_type = "application/octet-stream", .text = *log};
  }
  if (path == "/healthz") {
    web::Service service = web::service_of(snapshot_);
    web::Body body(buffer);
    body.put(service.word.text).put("\n");
    return {.status = service.serving ? http::Status::Ok : http::Status::Unavailable,
            .content_type = kPlain,
            .text = body.view()};
  }
  return refusal(http::Status::NotFound, buffer);
}

Answer Content::refusal(http::Status status, std::span<char> buffer) {
  TextWriter text(buffer);
  text.number(static_cast<uint64_t>(status)).put(' ').put(http::reason_of(status)).put('\n');
  return {.status = status, .content_type = kPlain, .text = text.view()};
}

}  // namespace ck::webd
