// SPDX-License-Identifier: MIT
// The commands by which a TPM 2.0 hashes data with every bank that it keeps and extends a PCR by that, and its replies
// (TPM 2.0 Library, part 3: 17.3 TPM2_HashSequenceStart, 17.4 TPM2_SequenceUpdate, 17.6 TPM2_EventSequenceComplete,
// 28.4 TPM2_FlushContext; the numbers are those of part 2). TPM2_PCR_Event would do with one command, but takes
// 1024 bytes at most, and TPM2_PCR_Extend wants the hash of each bank from us. Who asks is authorised by an empty
// password, which is what a PCR and a fresh sequence have. Big-endian; the longest of either direction is bounded.
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed.h"
#include "base/result.h"

namespace ck::tpm2 {

inline constexpr size_t kMostData = 1024;     // of one command: what TPM_PT_INPUT_BUFFER is at least
inline constexpr size_t kMostMessage = 4096;  // the kernel's TPM_BUFSIZE, and more than any of these needs
using CommandBuffer = std::array<uint8_t, kMostData + 64>;
using ReplyBuffer = std::array<uint8_t, kMostMessage>;

using Handle = uint32_t;

// Each yields the command in `out`. `data` is at most kMostData bytes; what is longer is cut.
Bytes write_event_sequence_start(CommandBuffer& out);
Bytes write_sequence_update(Handle sequence, Bytes data, CommandBuffer& out);
Bytes write_event_sequence_complete(unsigned pcr, Handle sequence, Bytes data, CommandBuffer& out);
Bytes write_flush_context(Handle handle, CommandBuffer& out);

// A hash that a bank was extended by.
struct Digest {
  uint16_t algorithm = 0;  // TPM_ALG_ID
  FixedVector<uint8_t, 64> bytes;
  friend bool operator==(const Digest&, const Digest&) = default;
};
// As many banks as any TPM has: the kernel counts on no more either.
using Digests = FixedVector<Digest, 8>;

// What a bank is called: "sha256", as tpm2-tools call it; empty for an algorithm that is none or not known.
std::string_view bank_name(uint16_t algorithm);

// Errors of all three: Malformed, Unsupported (no TPM 2.0), Denied (the TPM refuses; `response_code` says why).
Result<void> parse_reply(Bytes reply);
Result<Handle> parse_sequence_handle(Bytes reply);
Result<Digests> parse_digests(Bytes reply);

// TPM_RC of a reply; 0: success, or no reply at all.
uint32_t response_code(Bytes reply);

}  // namespace ck::tpm2
