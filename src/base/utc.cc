// SPDX-License-Identifier: MIT
#include "base/utc.h"

#include <chrono>

#include "base/text.h"

namespace ck {

FixedString<32> utc_text(int64_t ms) {
  constexpr int64_t kDay = 86'400'000;
  if (ms < 0) ms = 0;
  std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(static_cast<int>(ms / kDay)))};
  auto time = static_cast<uint64_t>(ms % kDay);
  char buffer[32];
  TextWriter out(buffer);
  out.number(static_cast<uint64_t>(static_cast<int>(date.year())), 4, '0').put('-');
  out.number(static_cast<unsigned>(date.month()), 2, '0').put('-').number(static_cast<unsigned>(date.day()), 2, '0');
  out.put('T').number(time / 3'600'000, 2, '0').put(':').number(time / 60'000 % 60, 2, '0').put(':');
  out.number(time / 1000 % 60, 2, '0').put('.').number(time % 1000, 3, '0').put('Z');
  return FixedString<32>(out.view());
}

}  // namespace ck
