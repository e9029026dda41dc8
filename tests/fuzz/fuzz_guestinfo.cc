// SPDX-License-Identifier: MIT
// A call to a VMware host that answers anything: it ends after a bounded number of exchanges, with a reply no longer
// than asked for, and a channel that was opened is closed.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "engine/vmware/guest_call.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  constexpr size_t kMost = 64;
  constexpr std::string_view kRequest = "info-get guestinfo.corekms.config";
  constexpr size_t kMostExchanges = 4 * (kRequest.size() + kMost + 8);
  vmware::GuestCall call{std::string(kRequest), kMost};
  ByteReader input({data, size}, ByteOrder::Little);
  size_t exchanges = 0;
  bool is_open = false;
  while (auto registers = call.next()) {
    if (++exchanges > kMostExchanges) __builtin_trap();
    uint32_t what = registers->ecx >> 16;
    if (what > 6 || (what != 0 && !is_open)) __builtin_trap();
    registers->ecx = static_cast<uint32_t>(input.u8().value_or(1)) << 16;
    registers->ebx = input.u32().value_or(0);
    if (what == 0) is_open = (registers->ecx >> 16 & 1) != 0;
    if (what == 6) is_open = false;
    call.answer(*registers);
  }
  if (is_open) __builtin_trap();
  auto reply = call.take_result();
  if (!reply) return 0;
  if (reply->size() > kMost) __builtin_trap();
  auto value = vmware::read_info_reply(*reply);
  if (value && *value && ((*value)->empty() || (*value)->size() + 2 > reply->size())) __builtin_trap();
  return 0;
}
