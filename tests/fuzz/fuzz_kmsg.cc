// SPDX-License-Identifier: MIT
// A line of the kernel's log from any bytes: what comes out lies inside it, and without escapes grows by nothing.
#include <array>
#include <cstdlib>

#include "base/bytes.h"
#include "wire/syslog/kmsg.h"
#include "wire/syslog/local.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  std::string_view line = as_text(Bytes(data, size));
  auto record = syslog::parse_kmsg(line);
  if (!record) return 0;
  if (record->priority.facility >= syslog::kFacilities) std::abort();
  if (!line.ends_with(record->text)) std::abort();
  static std::array<char, 8192> buffer;
  TextWriter text(buffer);
  syslog::unescape_kmsg(record->text, text);
  if (text.size() > record->text.size()) std::abort();
  if (record->text.find('\\') == std::string_view::npos && !text.truncated() && text.view() != record->text)
    std::abort();
  syslog::Tagged tagged = syslog::split_tag(text.view());
  if (!text.view().ends_with(tagged.text)) std::abort();
  return 0;
}
