// SPDX-License-Identifier: MIT
#include "engine/console/words.h"

#include <chrono>

#include "base/text.h"

namespace ck::console {

namespace {

constexpr int64_t kDay = 86400;

struct Buffer {
  char text[Words::capacity()];
  TextWriter out{text};
  Words words() const { return Words(out.view()); }
};

int64_t floor_days(int64_t seconds) { return seconds >= 0 ? seconds / kDay : (seconds - kDay + 1) / kDay; }

void put_time(uint64_t second_of_day, TextWriter& out, unsigned hour_width) {
  out.number(second_of_day / 3600, hour_width, '0').put(':');
  out.number(second_of_day / 60 % 60, 2, '0').put(':').number(second_of_day % 60, 2, '0');
}

void put_date(int64_t days, TextWriter& out) {
  std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  out.number(static_cast<uint64_t>(static_cast<int>(date.year())), 4, '0').put('-');
  out.number(static_cast<unsigned>(date.month()), 2, '0').put('-').number(static_cast<unsigned>(date.day()), 2, '0');
}

// Seconds of a clock on the wall, and what it goes by.
struct Local {
  int64_t seconds;
  std::string_view name;
};
Local in_zone(int64_t utc_seconds, const timezone::Zone& zone) {
  const timezone::Half& half = timezone::at(zone, utc_seconds);
  return {utc_seconds + half.east, half.name.view()};
}

}  // namespace

Words uptime_words(TimePoint now) {
  Buffer buffer;
  auto seconds = static_cast<uint64_t>(to_ms(now) > 0 ? to_ms(now) / 1000 : 0);
  uint64_t days = seconds / kDay;
  if (days > 0) buffer.out.number(days).put(days == 1 ? " day " : " days ");
  put_time(seconds % kDay, buffer.out, 1);
  return buffer.words();
}

Words span_words(Duration span) {
  Buffer buffer;
  auto seconds = static_cast<uint64_t>(span > Duration(0) ? span.count() / 1000 : 0);
  if (seconds < 120)
    buffer.out.number(seconds).put(" s");
  else if (seconds < 120 * 60)
    buffer.out.number(seconds / 60).put(" min");
  else if (seconds < 2 * kDay)
    buffer.out.number(seconds / 3600).put(" h");
  else
    buffer.out.number(seconds / kDay).put(" days");
  return buffer.words();
}

Words clock_words(int64_t utc_seconds, const timezone::Zone& zone) {
  Buffer buffer;
  Local local = in_zone(utc_seconds, zone);
  int64_t days = floor_days(local.seconds);
  put_date(days, buffer.out);
  buffer.out.put(' ');
  put_time(static_cast<uint64_t>(local.seconds - days * kDay), buffer.out, 2);
  buffer.out.put(' ').put(local.name);
  return buffer.words();
}

Words time_of_day_words(int64_t utc_seconds, const timezone::Zone& zone) {
  Buffer buffer;
  Local local = in_zone(utc_seconds, zone);
  put_time(static_cast<uint64_t>(local.seconds - floor_days(local.seconds) * kDay), buffer.out, 2);
  buffer.out.put(' ').put(local.name);
  return buffer.words();
}

Words mebibyte_words(uint64_t kib) {
  Buffer buffer;
  uint64_t tenths = (kib * 10 + 512) / 1024;
  buffer.out.number(tenths / 10).put('.').number(tenths % 10);
  return buffer.words();
}

Words moment_words(TimePoint then, TimePoint now, int64_t utc_ms, const timezone::Zone& zone) {
  if (utc_ms < kEarliestClock) {
    Buffer buffer;
    buffer.out.put(uptime_words(then)).put(" after boot");
    return buffer.words();
  }
  int64_t moment = (utc_ms - (to_ms(now) - to_ms(then))) / 1000;
  bool today = floor_days(in_zone(moment, zone).seconds) == floor_days(in_zone(utc_ms / 1000, zone).seconds);
  return today ? time_of_day_words(moment, zone) : clock_words(moment, zone);
}

}  // namespace ck::console
