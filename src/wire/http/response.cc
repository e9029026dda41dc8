// SPDX-License-Identifier: MIT
#include "wire/http/response.h"

#include <chrono>

namespace ck::http {

std::string_view reason_of(Status status) {
  switch (status) {
    case Status::Ok: return "OK";
    case Status::BadRequest: return "Bad Request";
    case Status::NotFound: return "Not Found";
    case Status::MethodNotAllowed: return "Method Not Allowed";
    case Status::RequestTimeout: return "Request Timeout";
    case Status::ContentTooLarge: return "Content Too Large";
    case Status::UriTooLong: return "URI Too Long";
    case Status::HeadersTooLarge: return "Request Header Fields Too Large";
    case Status::NotImplemented: return "Not Implemented";
    case Status::Unavailable: return "Service Unavailable";
    case Status::VersionNotSupported: return "HTTP Version Not Supported";
  }
  return "";
}

FixedString<32> date_text(int64_t utc_ms) {
  constexpr int64_t kDay = 86'400'000;
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (utc_ms < 0) utc_ms = 0;
  std::chrono::sys_days days{std::chrono::days(static_cast<int>(utc_ms / kDay))};
  std::chrono::year_month_day date{days};
  auto second = static_cast<uint64_t>(utc_ms % kDay / 1000);
  char buffer[32];
  TextWriter out(buffer);
  out.put(kDays[std::chrono::weekday(days).c_encoding()]).put(", ");
  out.number(static_cast<unsigned>(date.day()), 2, '0').put(' ');
  out.put(kMonths[static_cast<unsigned>(date.month()) - 1]).put(' ');
  out.number(static_cast<uint64_t>(static_cast<int>(date.year())), 4, '0').put(' ');
  out.number(second / 3600, 2, '0').put(':').number(second / 60 % 60, 2, '0').put(':').number(second % 60, 2, '0');
  out.put(" GMT");
  return FixedString<32>(out.view());
}

void write_head(const ResponseHead& head, TextWriter& out) {
  out.put("HTTP/1.1 ").number(static_cast<uint64_t>(head.status)).put(' ').put(reason_of(head.status)).put("\r\n");
  if (head.utc_ms) out.put("Date: ").put(date_text(*head.utc_ms)).put("\r\n");
  if (head.status == Status::MethodNotAllowed) out.put("Allow: GET, HEAD\r\n");
  out.put("Content-Type: ").put(head.content_type).put("\r\n");
  out.put("Content-Length: ").number(head.length).put("\r\n");
  out.put("Connection: ").put(head.keep_alive ? "keep-alive" : "close").put("\r\n");
  out.put("Cache-Control: no-store\r\n");
  out.put("Content-Security-Policy: default-src 'none'; ");
  if (!head.style_source.empty()) out.put("style-src ").put(head.style_source).put("; ");
  out.put("base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n");
  out.put("X-Content-Type-Options: nosniff\r\n");
  out.put("Referrer-Policy: no-referrer\r\n");
  out.put("Cross-Origin-Resource-Policy: same-origin\r\n\r\n");
}

}  // namespace ck::http
