// SPDX-License-Identifier: MIT
// A health check against a host that says anything in any pieces: it ends, says why, and loses no buffer.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/gateway/prober.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  static std::array<uint8_t, gateway::kBufferStride> memory;
  gateway::Buffers buffers(memory);
  gateway::Prober prober(buffers, dcerpc::kKmsInterface);
  TimePoint now = from_ms(1000);
  auto step = prober.start(now);
  Bytes input(data, size);
  for (int turns = 0; step != gateway::ProbeStep::Done; ++turns) {
    if (turns > 20'000) std::abort();
    if (step == gateway::ProbeStep::Connect) {
      step = prober.connected();
      continue;
    }
    prober.sent(prober.to_send().size());
    if (input.empty() || !prober.wants_bytes()) {
      now = std::max(now, prober.deadline());
      step = prober.expired(now);
      continue;
    }
    size_t count = std::min<size_t>({static_cast<size_t>(input[0] % 64) + 1, input.size() - 1, prober.room().size()});
    std::copy_n(input.begin() + 1, count, prober.room().begin());
    input = input.subspan(1 + count);
    step = prober.received(count, now);
  }
  if (prober.is_running() || buffers.taken() != 0) std::abort();
  if (prober.result().up != prober.result().fault.empty()) std::abort();
  return 0;
}
