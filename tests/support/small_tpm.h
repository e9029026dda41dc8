// SPDX-License-Identifier: MIT
// A TPM 2.0 that knows what a measurement needs, with one bank (SHA-256): it checks each command as a TPM would.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"

namespace ck::tpm {

class SmallTpm {
 public:
  // Refuse the command with this number (from 0), with this TPM_RC.
  std::optional<unsigned> refuse_at;
  uint32_t refusal = 0x922;  // TPM_RC_RETRY

  Sha256Digest pcr{};         // PCR 12
  bool has_sequence = false;  // one is begun and not over
  unsigned commands = 0;

  std::vector<uint8_t> answer(Bytes command) {
    ByteReader reader(command);
    auto tag = reader.u16();
    auto size = reader.u32();
    auto code = reader.u32();
    if (!code || *size != command.size()) return reply(0x8001, 0x142, {});  // TPM_RC_COMMAND_SIZE
    if (refuse_at == commands++) return reply(0x8001, refusal, {});
    switch (*code) {
      case 0x186:
        if (*tag != 0x8001 || has_sequence) return reply(0x8001, 0x903, {});  // TPM_RC_SESSION_MEMORY
        has_sequence = true;
        text_.clear();
        return reply(0x8001, 0, {0x80, 0, 0, 5});
      case 0x15c:
        if (!take(*tag, reader, 1)) return reply(0x8001, 0x184, {});  // TPM_RC_VALUE
        return reply(0x8002, 0, {0, 0, 0, 0, 0, 0, 1, 0, 0});
      case 0x185: {
        if (reader.u32() != 12u || !take(*tag, reader, 2)) return reply(0x8001, 0x184, {});
        has_sequence = false;
        Sha256Digest digest = sha256(as_bytes(text_));
        std::vector<uint8_t> both(pcr.begin(), pcr.end());
        both.insert(both.end(), digest.begin(), digest.end());
        pcr = sha256(both);
        std::vector<uint8_t> out = {0, 0, 0, 38, 0, 0, 0, 1, 0, 0x0b};
        out.insert(out.end(), digest.begin(), digest.end());
        for (int session = 0; session < 2; ++session) out.insert(out.end(), {0, 0, 1, 0, 0});
        return reply(0x8002, 0, out);
      }
      case 0x165:
        if (reader.u32() != 0x80000005u || !has_sequence) return reply(0x8001, 0x1cb, {});  // TPM_RC_HANDLE
        has_sequence = false;
        return reply(0x8001, 0, {});
      default: return reply(0x8001, 0x143, {});  // TPM_RC_COMMAND_CODE
    }
  }

 private:
  bool take(uint16_t tag, ByteReader& reader, unsigned sessions) {
    if (tag != 0x8002 || !has_sequence || reader.u32() != 0x80000005u || reader.u32() != sessions * 9) return false;
    for (unsigned i = 0; i < sessions; ++i)
      if (reader.u32() != 0x40000009u || !reader.skip(5)) return false;
    auto size = reader.u16();
    if (!size || *size > 1024 || reader.remaining() != *size) return false;
    text_ += as_text(reader.rest());
    return true;
  }
  static std::vector<uint8_t> reply(uint16_t tag, uint32_t code, std::vector<uint8_t> body) {
    std::vector<uint8_t> out(10 + body.size());
    ByteWriter(out).u16(tag).u32(static_cast<uint32_t>(out.size())).u32(code).bytes(body);
    return out;
  }

  std::string text_;
};

}  // namespace ck::tpm
