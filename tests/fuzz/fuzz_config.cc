// SPDX-License-Identifier: MIT
// A document and, behind a zero byte, a kernel command line: what is not called broken is taken by the programs that it
// is for, what is broken is told to none, and everything stays bounded.
#include <cstddef>
#include <cstdint>

#include "engine/config/gather.h"
#include "engine/gateway/spec_text.h"
#include "engine/netconf/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck::config;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t zero = input.find('\0');
  Candidate candidate{.name = "document", .is_found = true, .text = std::string(input.substr(0, zero)), .trouble = {}};
  std::string_view command_line = zero == std::string_view::npos ? std::string_view() : input.substr(zero + 1);
  Outcome outcome = evaluate({&candidate, 1}, command_line.substr(0, 2048));
  bool broken = outcome.standing == Standing::Broken;
  if (broken == outcome.checked.findings.empty()) __builtin_trap();
  for (const std::string& records : outcome.checked.records)
    if (broken && !records.empty()) __builtin_trap();
  if (!ck::netconf::parse_spec(outcome.checked.of(Program::Netd))) __builtin_trap();
  if (!ck::gateway::parse_spec(outcome.checked.of(Program::Gatewayd))) __builtin_trap();
  if (write_state(outcome, {&candidate, 1}, 4096).size() > 4096) __builtin_trap();
  for (const Finding& finding : outcome.checked.findings)
    if (to_line(finding, outcome).empty()) __builtin_trap();
  return 0;
}
