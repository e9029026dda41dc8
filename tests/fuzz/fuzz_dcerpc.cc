// SPDX-License-Identifier: MIT
// The PDU header from any bytes, alone and as a stream through a PduPipe: what comes out in PDUs is what went in, in
// order.
#include <array>
#include <cstdlib>
#include <vector>

#include "engine/gateway/pdu_pipe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  if (size == 0) return 0;
  auto direction = data[0] & 1 ? dcerpc::Direction::FromServer : dcerpc::Direction::FromClient;
  size_t piece = 1 + (data[0] >> 1);
  Bytes input(data + 1, size - 1);

  if (auto header = dcerpc::parse_header(input, direction)) {
    if (header->fragment_length < dcerpc::kHeaderSize || header->fragment_length > dcerpc::kMaxFragment) std::abort();
    if (header->fragment_length < dcerpc::least_size(header->type, header->flags)) std::abort();
  }

  std::array<uint8_t, dcerpc::kMaxFragment> buffer;
  gateway::PduPipe pipe(buffer, direction);
  std::vector<uint8_t> passed;
  size_t read = 0;
  for (;;) {
    if (pipe.complete()) {
      Bytes unit = pipe.unsent();
      passed.insert(passed.end(), unit.begin(), unit.end());
      pipe.sent(unit.size());
      if (pipe.pop()) break;
      continue;
    }
    size_t count = std::min({piece, input.size() - read, pipe.room().size()});
    if (count == 0) break;
    std::copy_n(input.begin() + static_cast<ptrdiff_t>(read), count, pipe.room().begin());
    read += count;
    if (pipe.received(count)) break;
  }
  if (passed.size() > read || !std::equal(passed.begin(), passed.end(), input.begin())) std::abort();
  return 0;
}
