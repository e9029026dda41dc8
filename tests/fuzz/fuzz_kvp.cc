// SPDX-License-Identifier: MIT
// What a Hyper-V host may send, in any number: items of a readable form, and messages that begin with raw bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/hyperv/kvp_document.h"
#include "wire/toml/document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  using namespace ck::hyperv;
  ByteReader input({data, size}, ByteOrder::Little);
  TimePoint at = from_ms(1000), begin = at;
  KvpDocument document(at);
  while (auto form = input.u8()) {
    MessageBuffer message{};
    if (*form % 2 == 1) {
      Bytes raw = *input.take(std::min<size_t>(input.remaining(), 600));
      std::copy(raw.begin(), raw.end(), message.begin());
    } else {
      uint8_t operation = input.u8().value_or(0), pool = input.u8().value_or(0);
      Bytes key = input.take(std::min<size_t>(input.u8().value_or(0), input.remaining())).value_or(Bytes());
      Bytes value =
          input.take(std::min<size_t>({input.u16().value_or(0), input.remaining(), kMaxValue - 1})).value_or(Bytes());
      ByteWriter(message, ByteOrder::Little)
          .u8(operation)
          .u8(pool)
          .u16(0)
          .u32(1)
          .u32(static_cast<uint32_t>(key.size()) + 1)
          .u32(static_cast<uint32_t>(value.size()) + 1)
          .bytes(key)
          .zeros(kMaxKey - key.size())
          .bytes(value);
    }
    at += Duration(*form / 2);
    (void)document.receive(message, at);
    if (document.deadline() > begin + kMostTime) __builtin_trap();
  }
  auto found = document.document();
  if (found && found->text.size() > toml::kMaxDocument) __builtin_trap();
  return 0;
}
