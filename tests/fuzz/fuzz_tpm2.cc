// SPDX-License-Identifier: MIT
// Whatever a TPM answers: a measurement ends, within the commands that its text takes, and what it yields is bounded.
// The input is a number of bytes of text, then replies, each behind its length.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "engine/tpm/measurement.h"
#include "wire/tpm2/event_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  constexpr size_t kLeastLog = 32 + 16;  // the header of an event, and the signature
  if (tpm2::is_event_log({data, size}) && size < kLeastLog) std::abort();
  ByteReader input({data, size});
  std::string text(input.u16().value_or(0), 'x');
  tpm::Measurement measurement(text);
  size_t commands = 0;
  while (auto command = measurement.next()) {
    if (command->size() > sizeof(tpm2::CommandBuffer) || ++commands > 3 + text.size() / tpm2::kMostData) std::abort();
    auto length = input.u8();
    if (!length) {
      measurement.give_up({.code = Code::System, .what = "the device is gone", .sys_errno = 5});
      continue;
    }
    measurement.receive(input.take(std::min<size_t>(*length, input.remaining())).value_or(Bytes()));
  }
  if (const auto& result = measurement.result())
    for (const tpm2::Digest& digest : *result)
      if (digest.bytes.empty() || tpm2::bank_name(digest.algorithm).empty()) std::abort();
  return 0;
}
