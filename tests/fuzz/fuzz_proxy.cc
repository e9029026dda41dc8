// SPDX-License-Identifier: MIT
// A PROXY header from any bytes. Whatever is said of some bytes must be said of them with others behind, every strict
// prefix of a header must be incomplete, and what was read must come out again when it is written and read.
#include <cstdint>
#include <cstdlib>

#include "wire/proxy/header.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  Bytes bytes(data, size);
  auto whole = proxy::parse(bytes);
  require((whole && !*whole) ? size < proxy::kMaxSize : true);
  bool decided = false;
  for (size_t length = 0; length <= size && length <= proxy::kMaxSize; ++length) {
    auto part = proxy::parse(bytes.first(length));
    if (part && !*part) {
      require(!decided);
      continue;
    }
    decided = true;
    require(part == whole);
    if (part && length < size && length < (*part)->size) require(false);
  }
  if (!whole || !*whole) return 0;
  const proxy::Header& header = **whole;
  require(header.size <= size && header.size <= proxy::kMaxSize);
  for (size_t length = 0; length < header.size; ++length) {
    auto part = proxy::parse(bytes.first(length));
    require(part && !*part);
  }
  if (!header.endpoints) return 0;
  require(header.command == proxy::Command::Proxied);
  uint8_t buffer[proxy::kMaxWritten];
  auto written = proxy::write_v2(header.endpoints->source, header.endpoints->destination, buffer);
  require(written.has_value());
  auto again = proxy::parse(*written);
  require(again && *again && (*again)->endpoints == header.endpoints && (*again)->size == written->size());
  return 0;
}
