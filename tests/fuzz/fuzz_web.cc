// SPDX-License-Identifier: MIT
// State files of any content: the page is small and has no tag of theirs, the document is JSON, the metrics are lines
// of their format, and nothing is written past a buffer of any size. The first byte says which size.
#include <cstdlib>
#include <memory>

#include "engine/web/json.h"
#include "engine/web/log_lines.h"
#include "engine/web/metrics.h"
#include "engine/web/page.h"
#include "engine/web/spec_text.h"
#include "support/json_check.h"

namespace {

using namespace ck::web;

struct Made {
  std::unique_ptr<char[]> buffer;
  Body body;
  Made(size_t size, size_t reserve) : buffer(std::make_unique<char[]>(size)), body({buffer.get(), size}, reserve) {}
};

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void check_page(const Snapshot& snapshot) {
  Made made(kMaxPage, kPageReserve);
  write_page(snapshot, made.body);
  std::string_view text = made.body.view();
  if (made.body.overflowed() || !text.ends_with("</html>\n")) std::abort();
  if (count(text, "<script") != 0 || count(text, "<style") != 1) std::abort();
  for (std::string_view tag : {"li", "ul", "section", "span", "b", "i", "p", "div", "h2", "svg"}) {
    ck::FixedString<16> open("<");
    open.append(tag);
    ck::FixedString<16> close("</");
    close.append(tag);
    close.append('>');
    ck::FixedString<16> bare = open;
    open.append(' ');
    bare.append('>');
    if (count(text, open) + count(text, bare) != count(text, close)) std::abort();
  }
}

void check_json(const Snapshot& snapshot, size_t size) {
  Made made(size + kJsonReserve + 512, kJsonReserve);
  write_json(snapshot, made.body);
  if (made.body.overflowed() || !ck::JsonCheck::is_document(made.body.view())) std::abort();
}

void check_metrics(const Snapshot& snapshot, size_t size) {
  Made made(size + kMetricsReserve, kMetricsReserve);
  write_metrics(snapshot, made.body);
  if (made.body.overflowed()) std::abort();
  ck::Splitter lines(made.body.view(), '\n');
  while (auto line = lines.next())
    if (!line->empty() && !line->starts_with("corekms_") && !line->starts_with("# ")) std::abort();
}

void check_log(std::string_view text, size_t size) {
  Made made(size + LogLines::kReserve, LogLines::kReserve);
  auto lines = std::make_unique<LogLines>();
  lines->feed(text.substr(0, size), made.body);
  if (size < text.size()) lines->feed(text.substr(size), made.body);
  lines->finish(made.body);
  if (made.body.overflowed()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string_view text = ck::as_text(ck::Bytes(data + 1, size - 1));
  Snapshot snapshot{.now = ck::from_ms(1'000'000), .utc_ms = 1795665600'000};
  for (std::string_view& file : snapshot.files) file = text;  // each takes the kinds that it knows
  check_page(snapshot);
  check_json(snapshot, data[0] * 64u);
  check_metrics(snapshot, data[0] * 64u);
  check_log(text, data[0] * 16u);
  auto spec = parse_spec(text);
  if (spec ? spec->listeners.empty() || spec->sources.empty() : spec.error().empty()) std::abort();
  return 0;
}
