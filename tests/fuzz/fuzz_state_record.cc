// SPDX-License-Identifier: MIT
// State files: any text is walked over without a fault, and a value that was decoded survives being written and read.
#include <cstdlib>

#include "base/bytes.h"
#include "wire/state/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::state;
  RecordReader reader(ck::as_text(ck::Bytes(data, size)));
  while (auto record = reader.next()) {
    (void)record->number("n");
    auto value = record->text<64>("k");
    char buffer[512];
    RecordWriter writer(buffer);
    if (!writer.begin("x").field("k", value.view()).end()) std::abort();
    auto again = RecordReader(writer.view()).next();
    if (!again || !(again->text<64>("k") == value)) std::abort();
  }
  return 0;
}
