// SPDX-License-Identifier: MIT
// An SNTP answer from any bytes, and its timestamps as moments near any pivot: what is read is within its bounds, and a
// moment written and read again is the same to the microsecond.
#include <cstdlib>

#include "wire/sntp/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  if (size < 8) return 0;
  constexpr int64_t kEra = (int64_t{1} << 32) * 1'000'000;
  // Any moment within some eras of 1970.
  auto pivot = Micros(static_cast<int64_t>(*ByteReader({data, 8}).u64()) % (4 * kEra));
  auto message = sntp::parse_answer({data + 8, size - 8});
  if (!message) return 0;
  if (size != 8 + sntp::kMessageSize || message->leap > 3 || message->root_delay < Micros(0)) std::abort();
  for (sntp::Timestamp timestamp : {message->origin, message->receive, message->transmit}) {
    Micros utc = sntp::to_utc(timestamp, pivot);
    if (utc - pivot > Micros(kEra / 2 + 1'000'000) || pivot - utc > Micros(kEra / 2 + 1'000'000)) std::abort();
    if (sntp::to_utc(sntp::to_timestamp(utc), utc) != utc) std::abort();
    if (sntp::to_timestamp(utc) >> 32 != timestamp >> 32) std::abort();
  }
  if (sntp::letters_of(message->reference).size() > 4) std::abort();
  return 0;
}
