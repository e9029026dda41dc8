// SPDX-License-Identifier: MIT
// What the gateway lets through, as plain values: the same for all sessions of a pool, and longer-lived than they are.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/fixed.h"
#include "wire/dcerpc/syntax.h"

namespace ck::gateway {

enum class Mode : uint8_t {
  Enforce,  // what breaks a rule is refused
  Monitor,  // it is logged and relayed all the same; only what cannot be framed is refused
  Learn,    // each bind is logged and refused
};

inline std::string_view name_of(Mode mode) {
  return mode == Mode::Enforce ? "enforce" : mode == Mode::Monitor ? "monitor" : "learn";
}

enum class Alter : uint8_t { Denied, Validated };  // alter_context: refused, or judged as a bind is

struct OpnumRange {
  uint16_t first = 0;
  uint16_t last = 0;
  friend bool operator==(const OpnumRange&, const OpnumRange&) = default;
};
inline constexpr size_t kMaxOpnumRanges = 8;

struct InterfaceRule {
  dcerpc::SyntaxId interface;
  FixedVector<OpnumRange, kMaxOpnumRanges> opnums;
  bool allows(uint16_t opnum) const {
    for (const OpnumRange& range : opnums)
      if (opnum >= range.first && opnum <= range.last) return true;
    return false;
  }
};
inline constexpr size_t kMaxInterfaces = 8;

struct Policy {
  Mode mode = Mode::Enforce;
  Alter alter = Alter::Denied;
  FixedVector<InterfaceRule, kMaxInterfaces> interfaces;
  uint16_t calls = 16;     // on one connection
  uint8_t concurrent = 4;  // at once, where the client asked for PFC_CONC_MPX; otherwise one

  // The interface of a KMS host and its one operation.
  static Policy standard() {
    Policy policy;
    InterfaceRule kms{.interface = dcerpc::kKmsInterface, .opnums = {}};
    (void)kms.opnums.push_back({0, 0});
    (void)policy.interfaces.push_back(kms);
    return policy;
  }
};

}  // namespace ck::gateway
