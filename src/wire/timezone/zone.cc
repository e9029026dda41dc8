// SPDX-License-Identifier: MIT
#include "wire/timezone/zone.h"

#include <chrono>

namespace ck::timezone {

namespace {

constexpr int32_t kHour = 3'600;
constexpr int64_t kDay = 86'400;
constexpr size_t kLeastName = 3;
constexpr int32_t kMostOffsetHours = 24;   // POSIX 8.3
constexpr int32_t kMostChangeHours = 167;  // RFC 8536 3.3.1

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_letter(char character) {
  return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool at(char wanted) const { return !rest_.empty() && rest_.front() == wanted; }
  bool take(char wanted) {
    if (!at(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Of at most `digits` digits, from `least` to `most`.
  std::optional<int32_t> number(size_t digits, int32_t least, int32_t most) {
    int32_t value = 0;
    size_t taken = 0;
    for (; taken < digits && taken < rest_.size() && is_digit(rest_[taken]); ++taken)
      value = value * 10 + (rest_[taken] - '0');
    if (taken == 0 || value < least || value > most) return std::nullopt;
    rest_.remove_prefix(taken);
    return value;
  }

  // "CET", or "<+0530>".
  std::optional<Name> name() {
    bool quoted = take('<');
    size_t length = 0;
    while (length < rest_.size()) {
      char character = rest_[length];
      bool more = is_letter(character) || (quoted && (is_digit(character) || character == '+' || character == '-'));
      if (!more) break;
      ++length;
    }
    if (length < kLeastName || length > Name::capacity()) return std::nullopt;
    Name name = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (quoted && !take('>')) return std::nullopt;
    return name;
  }

  // [+-]HH[:MM[:SS]] in seconds.
  std::optional<int32_t> span(int32_t most_hours) {
    bool negative = take('-');
    if (!negative) (void)take('+');
    auto hours = number(3, 0, most_hours);
    if (!hours) return std::nullopt;
    int32_t seconds = *hours * kHour;
    for (int32_t unit : {60, 1}) {
      if (!take(':')) break;
      auto part = number(2, 0, 59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    if (seconds > most_hours * kHour) return std::nullopt;
    return negative ? -seconds : seconds;
  }

  // ",M3.5.0/2"
  std::optional<Change> change() {
    if (!take(',')) return std::nullopt;
    Change change;
    if (!take_day(change)) return std::nullopt;
    if (!take('/')) return change;
    auto time = span(kMostChangeHours);
    if (!time) return std::nullopt;
    change.time = *time;
    return change;
  }

 private:
  bool take_day(Change& change) {
    std::optional<int32_t> day;
    if (take('M')) {
      change.kind = Change::Kind::WeekdayOfMonth;
      auto month = number(2, 1, 12);
      if (!month || !take('.')) return false;
      auto week = number(1, 1, 5);
      if (!week || !take('.')) return false;
      change.month = static_cast<uint8_t>(*month);
      change.week = static_cast<uint8_t>(*week);
      day = number(1, 0, 6);
    } else if (take('J')) {
      change.kind = Change::Kind::Julian;
      day = number(3, 1, 365);
    } else {
      change.kind = Change::Kind::DayOfYear;
      day = number(3, 0, 365);
    }
    change.day = static_cast<uint16_t>(day.value_or(0));
    return day.has_value();
  }

  std::string_view rest_;
};

// "+01:00": the name is the text.
std::optional<Zone> parse_offset(std::string_view text) {
  bool shaped = text.size() == 6 && is_digit(text[1]) && is_digit(text[2]) && text[3] == ':';
  Reader reader(text);
  auto seconds = shaped ? reader.span(kMostOffsetHours) : std::nullopt;
  if (!seconds || !reader.at_end()) return std::nullopt;
  Zone zone;
  zone.standard = {.name = text, .east = *seconds};
  return zone;
}

int64_t days_until(std::chrono::year year, unsigned month, unsigned day) {
  using namespace std::chrono;  // NOLINT: calendar words
  return sys_days(year / std::chrono::month(month) / std::chrono::day(day)).time_since_epoch().count();
}

// Days from 1970 to the day of the change in that year.
int64_t day_of(const Change& change, std::chrono::year year) {
  int64_t new_year = days_until(year, 1, 1);
  switch (change.kind) {
    case Change::Kind::Julian: return new_year + change.day - 1 + (year.is_leap() && change.day > 59 ? 1 : 0);
    case Change::Kind::DayOfYear: return new_year + change.day;
    case Change::Kind::WeekdayOfMonth: break;
  }
  bool december = change.month == 12;
  int64_t first = days_until(year, change.month, 1);
  int64_t next = december ? days_until(year + std::chrono::years(1), 1, 1) : days_until(year, change.month + 1u, 1);
  int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
  int64_t day = first + (change.day - weekday + 7) % 7 + 7 * (change.week - 1);
  return day < next ? day : day - 7;
}

}  // namespace

std::optional<Zone> parse_zone(std::string_view text) {
  if (text == "UTC") return Zone{};
  if (text.starts_with('+') || text.starts_with('-')) return parse_offset(text);
  Reader reader(text);
  Zone zone;
  auto name = reader.name();
  auto west = name ? reader.span(kMostOffsetHours) : std::nullopt;
  if (!west) return std::nullopt;
  zone.standard = {.name = *name, .east = -*west};
  if (reader.at_end()) return zone;
  name = reader.name();
  if (!name) return std::nullopt;
  zone.has_summer = true;
  zone.summer = {.name = *name, .east = zone.standard.east + kHour};
  if (!reader.at(',')) {
    west = reader.span(kMostOffsetHours);
    if (!west) return std::nullopt;
    zone.summer.east = -*west;
  }
  auto begin = reader.change();
  auto end = begin ? reader.change() : std::nullopt;
  if (!end || !reader.at_end()) return std::nullopt;
  zone.begin = *begin;
  zone.end = *end;
  return zone;
}

// The last change before the moment decides. It may have come in the year before, and a time beyond midnight may put
// that of one year into another; where one summer ends as the next begins, it is summer.
const Half& at(const Zone& zone, int64_t utc_seconds) {
  constexpr int64_t kEarliest = -30'000ll * 365 * kDay;  // what std::chrono's years hold
  if (!zone.has_summer || utc_seconds < kEarliest || utc_seconds > -kEarliest) return zone.standard;
  int64_t days = utc_seconds >= 0 ? utc_seconds / kDay : (utc_seconds - kDay + 1) / kDay;
  auto year = std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))).year();
  int64_t latest = INT64_MIN;
  bool summer = false;
  for (int distance = -1; distance <= 1; ++distance) {
    auto other = year + std::chrono::years(distance);
    int64_t end = day_of(zone.end, other) * kDay + zone.end.time - zone.summer.east;
    int64_t begin = day_of(zone.begin, other) * kDay + zone.begin.time - zone.standard.east;
    if (end <= utc_seconds && end > latest) latest = end, summer = false;
    if (begin <= utc_seconds && begin >= latest) latest = begin, summer = true;
  }
  return summer ? zone.summer : zone.standard;
}

}  // namespace ck::timezone
