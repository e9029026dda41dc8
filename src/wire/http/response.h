// SPDX-License-Identifier: MIT
// The head of a response (RFC 9112 section 4), with what every answer of ours says to a browser: keep nothing, guess no
// type, send no referrer, be framed by nobody, and load, run or submit nothing but the style that is named.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fixed.h"
#include "base/text.h"
#include "wire/http/status.h"

namespace ck::http {

struct ResponseHead {
  Status status = Status::Ok;
  std::string_view content_type;  // "text/html; charset=utf-8"; printable ASCII, not from a peer
  size_t length = 0;              // bytes of the body (that a HEAD does not get)
  bool keep_alive = false;
  std::string_view style_source;  // of the policy, e.g. "'sha256-...'"; empty: no style either
  std::optional<int64_t> utc_ms;  // for Date; nothing while there is no clock (RFC 9110 6.6.1)
};

inline constexpr size_t kMaxHead = 1024;  // no head is longer

void write_head(const ResponseHead& head, TextWriter& out);

// IMF-fixdate (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT". `utc_ms` since 1970, not before it.
FixedString<32> date_text(int64_t utc_ms);

}  // namespace ck::http
