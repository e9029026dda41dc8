// SPDX-License-Identifier: MIT
// How a program reads the file of records that holds its configuration (`--config FILE`); what is wrong is said in the
// log, each error with its line.
#pragma once

#include <memory>

#include "sys/file.h"
#include "sys/log.h"
#include "wire/state/spec_reader.h"

namespace ck {

inline constexpr size_t kMaxSpecFile = size_t{192} * 1024;  // bytes: of the largest document, each in three

// parse(text) returns an expected of Spec and state::SpecErrors. Without a file (null) `spec` becomes what an empty one
// means. False when there is something wrong, which has been said.
template <typename Spec, typename Parse>
bool read_spec_file(const char* file, Parse parse, Spec& spec) {
  std::string_view text;
  auto buffer = std::make_unique_for_overwrite<char[]>(kMaxSpecFile);
  if (file != nullptr) {
    auto read = sys::read_regular_file(file, {buffer.get(), kMaxSpecFile});
    if (!read) {
      sys::log_error({file}, read.error());
      return false;
    }
    text = *read;
  }
  auto parsed = parse(text);
  if (parsed) {
    spec = *parsed;
    return true;
  }
  for (const state::SpecError& error : parsed.error()) {
    char line[8];
    sys::log(sys::Severity::Error, {file, ":", TextWriter(line).number(error.line).view(), ": ", error.key,
                                    error.key.empty() ? "" : ": ", error.complaint});
  }
  return false;
}

}  // namespace ck
